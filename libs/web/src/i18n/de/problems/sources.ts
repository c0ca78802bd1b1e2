// German sentences for the problems of sources, of which only administrators learn.

export const sentences: Record<string, string> = {
  "directory-source-exists": "Eine Quelle mit dem Namen „{name}“ gibt es schon.",
  "directory-source-running": "Die Quelle wird gerade abgerufen.",
  "directory-source-unknown": "Diese Quelle gibt es nicht mehr. Bitte laden Sie die Liste neu.",
  "directory-sources-full": "Mehr als {limit} Quellen sind nicht möglich.",
  "schedule-doubled": "Bitte entweder einen Abstand oder eine Uhrzeit wählen.",
  "source-address-book-missing": "Für diesen Benutzer gibt es dort kein Adressbuch.",
  "source-address-books":
    "Dort gibt es mehrere Adressbücher. Bitte die Adresse von einem eintragen: {addresses}",
  "source-address-invalid":
    "Die Adresse muss mit https:// beginnen und darf kein Passwort enthalten.",
  "source-address-not-ldap":
    "Die Adresse muss mit ldaps:// oder ldap:// beginnen und hat hinter dem Server nichts als den Port.",
  "source-answer-unknown":
    "Die Quelle hat in einer Form geantwortet, die der Connector nicht kennt.",
  "source-answered": "Die Quelle hat mit dem Fehler {status} geantwortet.",
  "source-base-invalid":
    "Bitte den Eintrag angeben, unter dem die Kontakte stehen, zum Beispiel ou=people,dc=example,dc=com.",
  "source-base-unknown":
    "Den Eintrag „{base}“ gibt es nicht, oder dieser Benutzer darf ihn nicht sehen.",
  "source-cards-missing": "Die Quelle hat nicht alle Kontakte geschickt, die sie nennt.",
  "source-certificate-refused": "Das Zertifikat des Servers {host} ist ungültig.",
  "source-changed": "Die Einstellungen der Quelle wurden währenddessen geändert.",
  "source-credentials-unfit": "Bei dieser Art von Quelle werden Zugangsdaten anders geschickt.",
  "source-empty":
    "Die Quelle hat keinen einzigen Eintrag geschickt, deshalb wurde nichts geändert.",
  "source-entries-without-id":
    "Kein Eintrag hat das Feld „{column}“, an dem der nächste Abruf ihn wiedererkennt. Deshalb wurde nichts geändert.",
  "source-field-unread": "Dieses Feld gehört nicht zu dieser Art von Quelle ({kind}).",
  "source-filter-invalid":
    "Der Filter ist ungültig. Er steht in Klammern, zum Beispiel (objectClass=person).",
  "source-header-invalid":
    "Bitte den Namen eines Headers eintragen, der nicht zur Verbindung selbst gehört.",
  "source-host-forbidden":
    "Der Server {host} ist nicht freigegeben. Das macht der Betreiber mit der Einstellung SOFTPHONE_SOURCE_HOSTS.",
  "source-id-missing":
    "Es fehlt das Feld mit der Kennung. An ihr erkennt der nächste Abruf jeden Eintrag wieder.",
  "source-interrupted": "Die Verbindung brach jedes Mal ab, bevor alle Seiten gelesen waren.",
  "source-items-missing": "In der Antwort steht unter „{path}“ keine Liste.",
  "source-keys-missing":
    "Zugangsdaten können noch nicht gespeichert werden: Der Betreiber muss zuerst SOFTPHONE_SOURCE_KEYS setzen.",
  "source-leads-elsewhere":
    "Die Quelle verweist auf einen anderen Server ({host}). Tragen Sie dessen Adresse ein, wenn sie stimmt.",
  "source-login-refused":
    "Das CRM lehnt den Benutzer oder den Zugangsschlüssel ab ({reason}). Bitte beide noch einmal eintragen.",
  "source-mapping-missing": "Bitte zuerst die Felder der Quelle zuordnen.",
  "source-module-missing":
    "Der Benutzer der Quelle sieht im CRM das Modul „{module}“ nicht. Es wurde nichts geändert, damit kein Eintrag verloren geht.",
  "source-modules-missing":
    "Der Benutzer der Quelle sieht im CRM keines der Module {modules}. Bitte geben Sie ihm das Recht, sie anzusehen.",
  "source-not-carddav": "Unter dieser Adresse antwortet kein Adressbuch (CardDAV).",
  "source-not-json": "Die Antwort der Quelle ist kein JSON.",
  "source-not-ldap": "Der Server {host} spricht kein LDAP.",
  "source-operation-refused": "Das CRM hat eine Anfrage abgelehnt ({operation}: {reason}).",
  "source-pages-endless":
    "Die Quelle hat zweimal dieselbe Seite geschickt, das Blättern nimmt also kein Ende.",
  "source-pages-too-many": "Die Quelle hat mehr als {limit} Seiten.",
  "source-parameter-missing": "Der Name des Parameters fehlt, der Seiten oder Einträge zählt.",
  "source-password-missing":
    "Zu einem Namen gehört ein Passwort. Ohne Passwort antwortet ein Verzeichnis wie einem Fremden.",
  "source-refused": "Die Quelle lehnt die Zugangsdaten ab (Status {status}).",
  "source-removed": "Die Quelle wurde währenddessen entfernt.",
  "source-secret-needed": "Bitte geben Sie das Passwort, das Token oder den Schlüssel ein.",
  "source-secret-unreadable":
    "Die Zugangsdaten können nicht mehr entschlüsselt werden. Bitte geben Sie sie noch einmal ein.",
  "source-size-limited":
    "Der Server gibt diesem Benutzer nicht alle Einträge heraus (sizeLimitExceeded), deshalb wurde nichts geändert.",
  "source-too-large": "Die Quelle hat mehr als {limit} Bytes geschickt.",
  "source-too-slow": "Die Quelle hat nicht innerhalb von {limit} Sekunden vollständig geantwortet.",
  "source-unreachable": "Der Server {host} ist nicht erreichbar.",
  "source-user-missing":
    "Bitte den Namen eines Benutzers des CRM und seinen Zugangsschlüssel eintragen.",
};
