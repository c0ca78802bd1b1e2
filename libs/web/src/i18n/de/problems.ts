// The server's problems in German, by code; docs/problems.md lists the codes and their values.

export const sentences: Record<string, string> = {
  "request-invalid": "Die Angaben wurden nicht angenommen.",
  "request-unreadable": "Der Server konnte die Anfrage nicht lesen.",
  "address-unknown": "Diese Adresse gibt es nicht.",
  "method-not-allowed": "Diese Adresse nimmt solche Anfragen nicht an.",
  "body-too-large": "Die Anfrage ist größer als {limit} Bytes.",
  "header-too-large": "Der Kopf der Anfrage ist größer als {limit} Bytes.",
  "request-too-large": "Die Anfrage ist größer als {limit} Bytes.",
  "trailer-refused": "Header hinter dem Inhalt einer Anfrage (Trailer) werden nicht angenommen.",
  "http-invalid": "Der Server konnte die Anfrage nicht lesen.",
  "request-timeout": "Die Anfrage kam nicht rechtzeitig an. Bitte versuchen Sie es erneut.",
  "connections-full":
    "Es sind zu viele Verbindungen offen. Bitte versuchen Sie es gleich noch einmal.",
  "address-connections-full":
    "Von Ihrer Adresse sind zu viele Verbindungen offen. Bitte versuchen Sie es gleich noch einmal.",
  "rate-limit-exceeded":
    "Das waren zu viele Versuche. Bitte versuchen Sie es in {seconds} Sekunden erneut.",
  "resource-unavailable":
    "Der Server kann gerade nicht antworten. Bitte versuchen Sie es in einer Minute noch einmal.",
  "service-unavailable":
    "Der Server kann gerade nicht antworten. Bitte versuchen Sie es in einer Minute noch einmal.",
  "service-timeout":
    "Der Server hat nicht rechtzeitig geantwortet. Vielleicht hat es trotzdem geklappt.",
  "internal-error": "Beim Server ist ein Fehler aufgetreten. Er wurde festgehalten.",
  "token-missing": "Bitte melden Sie sich an.",
  "token-invalid": "Bitte melden Sie sich neu an.",
  "token-expired": "Ihre Sitzung ist abgelaufen. Bitte melden Sie sich wieder an.",
  "login-revoked": "Ihr Zugang wurde geändert oder gesperrt.",
  "session-reused":
    "Diese Sitzung wurde sicherheitshalber beendet, weil sie an zwei Stellen benutzt wurde. Bitte melden Sie sich neu an.",
  "session-rotated":
    "Ihr Passwort wurde gerade geändert. Bitte versuchen Sie es gleich noch einmal.",
  "session-unknown": "Diese Sitzung ist schon beendet.",
  "session-ended": "Diese Sitzung ist beendet. Bitte melden Sie sich neu an.",
  "token-outdated": "Ihr Zugang wurde geändert. Bitte melden Sie sich neu an.",
  "role-required": "Das ist Ihnen nicht erlaubt. Ihr Administrator kann das ändern.",
  "host-not-allowed":
    "Diese Installation heißt nicht {host}. Ihr Administrator trägt ihren Namen in SOFTPHONE_ALLOWED_HOSTS ein.",
  "origin-refused": "Seiten einer anderen Adresse dürfen das nicht.",
  "login-failed": "Firmenkennung, Anmeldename oder Passwort stimmt nicht.",
  "second-factor-required": "Bitte geben Sie den Code aus Ihrer Authenticator-App ein.",
  "second-factor-wrong": "Der Code stimmt nicht, ist abgelaufen oder wurde schon benutzt.",
  "second-factor-unavailable":
    "Codes als zweiter Faktor sind in dieser Installation nicht eingerichtet. Der Betreiber kann das ändern.",
  "second-factor-exists": "Ein zweiter Faktor ist schon eingerichtet. Entfernen Sie ihn zuerst.",
  "second-factor-not-begun": "Bitte beginnen Sie die Einrichtung noch einmal.",
  "api-key-invalid": "Dieser API-Schlüssel ist ungültig oder wurde entfernt.",
  "api-key-expired": "Dieser API-Schlüssel ist abgelaufen.",
  "api-key-refused": "Mit einem API-Schlüssel geht das nicht: Melden Sie sich als Nutzer an.",
  "api-key-unknown": "Diesen API-Schlüssel gibt es nicht mehr.",
  "api-keys-full": "Es gibt schon {limit} API-Schlüssel: Entfernen Sie zuerst einen.",
  "api-key-expiry-past": "Der Zeitpunkt muss in der Zukunft liegen.",
  "api-key-scopes-missing": "Wählen Sie mindestens ein Recht.",
  "api-key-lookup-alone":
    "Das Nachschlagen von Anrufern geht nur allein: Erstellen Sie für die anderen Rechte einen zweiten Schlüssel.",
  "lookup-key-required":
    "In einer Adresse darf nur ein API-Schlüssel stehen, der allein das Recht zum Nachschlagen hat. Entfernen Sie diesen: Adressen werden protokolliert.",
  "scope-required": "Dem API-Schlüssel fehlt das Recht {scope}.",
  "second-factor-unknown": "Es ist kein zweiter Faktor eingerichtet.",
  "login-session-missing": "Sie sind nicht angemeldet.",
  "openid-unconfigured":
    "Die Anmeldung bei einem Anmeldedienst ist in dieser Installation nicht eingerichtet.",
  "openid-unavailable":
    "Der Anmeldedienst antwortet gerade nicht. Bitte versuchen Sie es gleich noch einmal.",
  "openid-expired":
    "Diese Anmeldung ist nicht mehr gültig. Bitte beginnen Sie sie in diesem Browser noch einmal.",
  "openid-refused": "Die Anmeldung wurde beim Anmeldedienst abgebrochen oder abgelehnt.",
  "openid-token-invalid":
    "Die Antwort des Anmeldedienstes wurde nicht angenommen. Versuchen Sie es noch einmal; gelingt es nicht, hilft Ihr Administrator.",
  "openid-tenant-missing":
    "Der Anmeldedienst nennt Ihre Firma nicht. Bitte wenden Sie sich an Ihren Administrator.",
  "openid-tenant-wrong":
    "Der Anmeldedienst nennt eine andere Firma als die Ihres Kontos. Bitte wenden Sie sich an Ihren Administrator.",
  "openid-role-missing":
    "Sie haben beim Anmeldedienst keine Berechtigung für diese Installation. Bitte wenden Sie sich an Ihren Administrator.",
  "openid-user-unknown":
    "Für Sie gibt es hier noch kein Konto. Bitte wenden Sie sich an Ihren Administrator.",
  "openid-user-removed": "Ihr Konto wurde gelöscht. Bitte wenden Sie sich an Ihren Administrator.",
  "openid-login-taken":
    "Ihren Benutzernamen hat hier schon ein Konto. Ihr Administrator kann es mit Ihrer Anmeldung verknüpfen.",
  "openid-subject-taken": "Diese Person ist schon mit einem anderen Nutzer verknüpft.",
  "openid-link-unknown": "Dieser Nutzer ist mit niemandem beim Anmeldedienst verknüpft.",
  "openid-link-invalid": "oder „email“ wird benötigt, und nur eines von beiden",
  "logins-busy": "Gerade melden sich sehr viele an. Bitte versuchen Sie es gleich noch einmal.",
  "handshakes-full": "Gerade verbinden sich sehr viele. Bitte versuchen Sie es gleich noch einmal.",
  "setup-unavailable":
    "Für die Einrichtung fehlt ein Code: Setzen Sie SOFTPHONE_SETUP_CODE oder SOFTPHONE_OPERATOR_PASSWORD.",
  "setup-code-wrong": "Das ist nicht der Einrichtungscode dieser Installation.",
  "setup-done": "Die Installation ist schon eingerichtet. Bitte melden Sie sich als Betreiber an.",
  "tenant-unknown": "Diese Firma gibt es nicht.",
  "tenant-exists": "Diese Firmenkennung ist vergeben. Wählen Sie eine andere.",
  "tenant-changed":
    "Jemand anderes hat die Firma inzwischen geändert. Laden Sie die Seite neu, und ändern Sie sie dann.",
  "tenant-switched-off": "Die Firma ist nicht aktiv: Der Betreiber hat sie abgeschaltet.",
  "tenant-code-missing": "Die Firma ist nicht aktiv: Es fehlt ein Aktivierungscode.",
  "tenant-code-expired":
    "Die Firma ist nicht aktiv: Der Aktivierungscode ist am {date} abgelaufen.",
  "other-tenant-refused": "Das darf für eine andere Firma nur der Betreiber.",
  "user-role-refused": "Das darf bei Nutzern mit der Rolle {role} nur der Betreiber.",
  "user-unknown": "Diesen Nutzer gibt es nicht mehr. Bitte laden Sie die Liste neu.",
  "user-locked": "Ihr Administrator hat dieses Konto gesperrt.",
  "own-extensions-refused": "Nebenstellen ändert in Ihrer Firma nur ein Administrator.",
  "own-user-refused": "Sie können sich nicht selbst sperren. Das kann ein anderer Administrator.",
  "invitation-unknown":
    "Dieser Link wurde schon benutzt, durch einen neuen ersetzt oder ist abgelaufen. Bitten Sie Ihren Administrator um einen neuen.",
  "users-full": "Eine Firma kann höchstens {limit} Nutzer haben.",
  "login-taken": "Diesen Anmeldenamen hat schon ein anderer Nutzer.",
  "seats-full":
    "Alle Lizenzen ({seats}) sind belegt. Entfernen Sie einen Nutzer oder geben Sie einen Code mit mehr Nutzern ein.",
  "seats-without-code":
    "Ohne Aktivierungscode gibt es nur {seats} Nutzer. Geben Sie zuerst einen Code ein.",
  "device-unknown": "Dieses Telefon gibt es nicht mehr. Bitte laden Sie die Liste neu.",
  "devices-full": "Eine Firma kann höchstens {limit} Telefone haben.",
  "comments-full": "Ein Anruf kann höchstens {limit} Kommentare haben.",
  "devices-loading":
    "Der Server liest die Telefone noch ein. Bitte versuchen Sie es gleich noch einmal.",
  "device-key-unknown": "Zu diesem Schlüssel gibt es kein Telefon.",
  "device-key-unreadable":
    "Der Schlüssel dieses Telefons lässt sich nicht mehr anzeigen. Geben Sie ihm einen neuen.",
  "device-secret-unreadable":
    "Das Geheimnis dieses Telefons lässt sich nicht mehr lesen. Geben Sie es erneut ein.",
  "device-secret-unused":
    "Diese Feldzuordnung prüft kein Geheimnis. Wählen Sie eine, die prüft, oder entfernen Sie das Geheimnis.",
  "signature-wrong": "Die Signatur passt nicht zum Geheimnis dieses Telefons",
  "hit-head-broken": "Der Kopf dieser Anfrage verletzt HTTP: nur die erste Zeile war lesbar.",
  "hit-line-broken":
    "Zeile {line} dieser Anfrage verletzt HTTP: nur die erste Zeile war lesbar. Ein Header besteht aus einem Namen ohne Leerzeichen, einem Doppelpunkt und einem Wert ohne Steuerzeichen, und Content-Length aus einer Zahl.",
  "request-incomplete":
    "Der Absender hat die Verbindung beendet, bevor seine Anfrage vollständig war: Der Inhalt muss so viele Bytes haben, wie Content-Length nennt.",
  "hit-unknown": "Diese Anfrage des Telefons gibt es nicht mehr.",
  "test-call-signed":
    "Dieser Absender unterschreibt seine Meldungen; einen Testanruf kann nur er selbst machen.",
  "test-call-unknown": "Für dieses Telefon gibt es keinen Testanruf.",
  "test-call-extension": "Bitte geben Sie die Nebenstelle an, bei der es klingeln soll.",
  "hit-not-replayable":
    "Die Anfrage wurde nicht wegen ihres Inhalts abgelehnt; der Grund steht bei der Anfrage.",
  "call-unknown": "Diesen Anruf gibt es nicht mehr. Bitte laden Sie die Liste neu.",
  "deleted-call-unknown":
    "Dieser Anruf ist nicht mehr im Papierkorb. Bitte laden Sie die Liste neu.",
  "deleted-record-unknown":
    "Dieser Eintrag ist nicht mehr im Papierkorb. Bitte laden Sie die Liste neu.",
  "import-unknown": "Diesen Import gibt es nicht mehr. Bitte laden Sie die Liste neu.",
  "import-ended": "Der Import ist schon beendet.",
  "import-not-held": "Dieser Import wartet auf keine Bestätigung. Bitte laden Sie die Liste neu.",
  "import-superseded": "Inzwischen wurde eine neuere Datei dieser Herkunft importiert.",
  "imports-full": "Schon {limit} Importe warten oder laufen. Bitte brechen Sie einen ab.",
  "record-changed":
    "Jemand anderes hat den Eintrag inzwischen geändert. Laden Sie ihn neu, und ändern Sie ihn dann.",
  "record-unknown": "Diesen Eintrag gibt es nicht mehr. Bitte laden Sie die Liste neu.",
  "extension-refused": "Sie können nur von Ihrer eigenen Nebenstelle wählen.",
  "dial-link-unknown": "Sie haben keinen eigenen Wähl-Link.",
  "dead-letter-unknown": "Diese Nachricht gibt es nicht mehr. Bitte laden Sie die Liste neu.",
  "dead-letter-replayed": "Die Nachricht wurde schon erneut zugestellt oder wird es gerade.",
  "file-unknown": "Diese Datei gibt es nicht.",

  // one field: the text goes on from its name or stands at its input
  "region-unknown": "muss ein Land nach ISO 3166 sein, zum Beispiel DE",
  "area-code-invalid": "muss aus bis zu 6 Ziffern ohne die Null davor bestehen",
  "outside-prefix-invalid": "muss aus bis zu 3 Ziffern bestehen",
  "outside-prefix-missing": "fehlt: bitte die Ziffern eintragen, die das Telefon voranstellt",
  "trunk-invalid": "muss eine Nummer in E.164 sein, zum Beispiel +498999998, oder leer",
  "extension-length-invalid": "muss zwischen 0 und 8 liegen",
  "extension-range-invalid": "{range} ist weder eine Nebenstelle noch ein Bereich wie 200-299",
  "extension-ranges-too-many": "hat mehr als {limit} Bereiche",
  "profile-field-unknown": "gehört nicht zu {names}",
  "profile-value-invalid": "kann nicht {value} sein",
  "null-refused": "darf nicht null sein",
  "parameter-unknown": "ist an dieser Adresse kein bekannter Parameter",
  "parameter-repeated": "ist mehrfach angegeben, obwohl nur ein Wert möglich ist",
  "cursor-invalid": "gehört nicht zu dieser Liste",
  "search-too-short": "braucht ein Wort mit zwei Buchstaben oder drei Ziffern einer Nummer",
  "text-too-long": "ist länger als {limit} Zeichen",
  "items-too-many": "hat mehr als {limit} Einträge",
  "password-wrong": "Das aktuelle Passwort stimmt nicht.",
  "password-unchanged": "ist Ihr bisheriges Passwort. Wählen Sie ein anderes.",
  "password-too-short": "hat weniger als {limit} Zeichen",
  "record-not-matched": "gehört nicht zu den Treffern dieses Anrufs",
  "number-not-dialable":
    "ist nicht eindeutig als eine Nummer zu lesen: nötig sind die Vorwahl oder + und die Landesvorwahl, und sonst nichts",
  "number-unreadable": "ist nicht eindeutig als Nummer zu lesen",
  "number-internal": "ist eine Nebenstelle und findet keinen Eintrag",
  "number-service": "ist eine Servicenummer und findet keinen Eintrag",
  "number-withheld": "steht für eine unterdrückte Nummer",
  "number-own": "ist eine eigene Nummer der Firma und findet keinen Eintrag",
  "number-ignored": "gehört zu den Nummern ohne Eintrag",
  "number-placeholder": "ist ein Platzhalter, den das Telefon nicht durch die Nummer ersetzt hat",
  "number-without-digits": "enthält keine Ziffern",
  "number-without-area-code":
    "hat keine Vorwahl: Speichern Sie die Vorwahl der Firma, oder schreiben Sie die Nummer mit Vorwahl",
  "number-too-short": "hat zu wenige Ziffern für eine Nummer ihres Landes",
  "number-too-long": "hat zu viele Ziffern für eine Nummer ihres Landes",
  "number-out-of-range": "liegt in keinem Nummernbereich, den ihr Land benutzt",
  "number-country-unknown": "beginnt mit einer Ländervorwahl, die es nicht gibt",
  "file-empty": "Die Datei ist leer.",
  "file-too-large": "Die Datei ist ausgepackt größer als {limit} Bytes.",
  "file-kind-unknown": "Die Datei ist weder CSV noch XLSX noch vCard.",
  "file-encrypted":
    "Die Datei hat ein Passwort oder stammt aus einem Excel vor 2007. Speichern Sie sie als XLSX ohne Passwort.",
  "file-damaged": "Die Datei ist beschädigt ({reason}).",
  "columns-too-many": "Die Datei hat mehr als {limit} Spalten.",
  "column-unknown": "Die Datei hat keine Spalte „{column}“.",
  "sheet-unknown": "Die Mappe hat die Tabellenblätter {names}.",
  "encoding-unknown": "Die Zeichenkodierung muss eine von diesen sein: {names}.",
  "import-file-missing": "Die Datei ist nicht mehr gespeichert. Importieren Sie sie noch einmal.",
  "import-empty": "Keine Zeile konnte gespeichert werden, also wurde auch nichts gelöscht.",
  "import-rows-rejected":
    "Nicht gespeicherte Zeilen: {rows}. Vielleicht gehören sie zu Einträgen, die in der Datei fehlen: {absent}.",
  "import-absent-many": "In der Datei fehlen Einträge dieser Herkunft: {absent} von {records}.",
  "import-interrupted": "Der Import wurde mehrmals unterbrochen und deshalb aufgegeben.",
  "row-too-long":
    "Die Zeile hat mehr Zellen als die Kopfzeile. Vielleicht hat ein Trennzeichen im Text sie verschoben.",
  "row-too-short":
    "Die Zeile hat weniger Zellen als die Kopfzeile. Vielleicht ist sie abgeschnitten.",
  "rows-too-many":
    "Diese und alle folgenden Zeilen wurden nicht gelesen: Eine Datei darf {limit} Zeilen haben.",
  "quotes-damaged": "In der Zeile ist ein Anführungszeichen zu viel, oder eines fehlt.",
  "cell-unreadable": "Die Zeile hat eine beschädigte Zelle.",
  "card-unended": "Die Karte hat kein Ende.",
  "card-too-large": "Die Karte ist zu groß.",
  "card-outside": "Dieser Text gehört zu keiner Karte.",
  "card-is-group": "Die Karte steht für eine Gruppe.",
  "line-unreadable": "Eine Zeile der Karte ist nicht lesbar.",
  "name-missing": "Name und Firma fehlen.",
  "number-rounded":
    "Eine Tabellenkalkulation hat die Nummer gerundet, daher fehlen Ziffern. Formatieren Sie die Spalte als Text, und tragen Sie die Nummer neu ein.",
  "number-computed": "Eine Tabellenkalkulation hat die Nummer als Formel ausgerechnet.",
  "number-zero-lost":
    "Vielleicht hat eine Tabellenkalkulation die Null am Anfang entfernt, und die Nummer gehört in einen anderen Ort. Tragen Sie sie mit Vorwahl ein.",
  "formula-error": "In der Zelle steht der Fehler einer Formel.",
  "text-damaged":
    "Zeichen des Textes sind beschädigt. Vielleicht passt eine andere Zeichenkodierung.",
  "email-invalid": "Das ist keine E-Mail-Adresse.",
  "type-unknown": "Diese Art von Eintrag gibt es nicht.",
  "flag-unreadable": "Das ist weder ja noch nein.",
  "host-id-repeated": "Diese Kennung hat schon eine frühere Zeile.",
  "extension-missing": "fehlt: Sie haben keine eigene Nebenstelle",
  "idempotency-key-reused": "wurde schon für eine andere Nummer oder Nebenstelle benutzt",
  "preset-unknown": "{preset} ist kein bekanntes Modell",
  "mapping-too-large": "ist größer als {limit} Bytes",
  "hit-expired": "ist nicht mehr gespeichert",
  "time-not-close":
    "weicht mehr als {seconds} s von der Zeit des Eintreffens ab und wurde nicht verwendet",
  "time-zone-unknown": "ist keine Zeitzone der IANA, zum Beispiel Europe/Berlin",
  "dial-link-refused":
    "Wähl-Links dürfen {target} nicht öffnen. Für Web-Adressen muss der Betreiber den Host freigeben.",
  "dial-link-invalid": "muss ein Link mit einem {number} sein, zum Beispiel tel:{number}",
  "url-invalid": "muss mit https://, http:// oder einem einzelnen / beginnen",
  "record-url-invalid":
    "muss mit https:// oder http:// beginnen und darf hinter dem Rechnernamen nur diese Platzhalter enthalten: {placeholders}",
  "timestamp-invalid":
    "muss aus Datum, T, Uhrzeit und Zeitzone bestehen, zum Beispiel 2026-03-02T09:00:00+01:00",
  "timestamp-out-of-range": "liegt außerhalb der Zeit, die sich speichern lässt",
  "activation-unavailable":
    "kann nicht geprüft werden: Der Betreiber muss SOFTPHONE_ACTIVATION_PUBLIC_KEY setzen",
  "activation-code-invalid": "ist kein Aktivierungscode",
  "activation-code-unsigned": "ist mit keinem Schlüssel signiert, den diese Installation kennt",
  "activation-code-misplaced": "ist für eine andere Firma, nicht für {tenant}",
  "activation-code-expired": "ist am {date} abgelaufen",
  "activation-code-outdated": "ist älter als der Code, der jetzt gilt",
  "activation-claim-invalid": "hat eine falsche Angabe „{claim}“: {reason}",
  missing: "fehlt",
  "event-unknown": "„{event}“ kennt diese Einrichtung nicht",
  "direction-unknown": "muss inbound oder outbound sein",
  "duration-invalid": "müssen Sekunden, h:mm:ss, 41s oder PT41S sein, höchstens {limit} Sekunden",
  "hit-probe":
    "ist kein Anruf, sondern eine Prüfanfrage (HEAD), ein Vorabruf oder eine Linkvorschau",
  "moment-invalid": "muss eine Zeit sein wie 2026-11-28T19:44:05+01:00 oder 28.11.2026 19:44:05",
  "own-number-unreadable": "„{number}“ ist keine Nummer",
  "own-number-repeated": "„{number}“ steht zweimal in der Liste",
  "number-own-extension": "ist die eigene Nebenstelle; die andere Seite ist also nicht bekannt",
  "placeholders-unreplaced":
    "ist ein Platzhalter, und die anderen Felder auch: das Telefon hat sie nicht ersetzt",
  "text-expected": "muss ein Text oder eine Zahl sein",
  "base64-invalid": "ist kein base64",
  "gzip-invalid": "ist mit gzip gepackt, aber beschädigt oder ausgepackt größer als {limit} Byte",
  "content-coding-unreadable":
    "ist mit {coding} gepackt und lässt sich nicht auspacken: bitte ungepackt oder mit gzip oder deflate senden",
  "encoding-invalid": "ist kein {encoding}, obwohl der Anfang so aussieht",
  "json-invalid": "ist kein JSON: {reason}",
  "xml-invalid": "ist kein XML: {reason}",
  "xml-too-deep": "ist tiefer als {limit} Ebenen verschachtelt",
  "multipart-invalid": "ist kein Formular (multipart)",
  "multipart-boundary-missing":
    "ist kein Formular (multipart): Im Content-Type fehlt die Angabe boundary",
  "multipart-head-too-large": "hat einen Teil, dessen Kopf größer als {limit} Bytes ist",
  "members-too-many": "hat mehr als {limit} Einträge",
  "values-too-many": "liegt hinter den {limit} Werten, die geprüft werden",
  "pattern-text-too-long": "ist länger als {limit} Zeichen, zu lang für einen regulären Ausdruck",
  "patterns-too-costly": "ist zu aufwendig für die regulären Ausdrücke dieses Telefons",
  "request-too-costly":
    "kostet mehr als {limit} Rechenschritte: Senden Sie weniger Einträge in einer Anfrage, oder vereinfachen Sie die Feldzuordnung",
  "request-line-invalid": "beginnt weder mit einer Adresse noch mit einer Zeile wie GET /hit/...",
  "header-line-invalid": "hat eine Zeile, die kein Header ist: {line}",
  "content-type-refused": "muss eines von {types} sein, mit oder ohne charset",
  "rule-empty": "braucht entweder `from` oder `value`",
  "field-name-reserved": "ist ein Name, der eine Stelle der Anfrage bezeichnet",
  "field-circular": "verweist auf sich selbst",
  "sources-too-many": "nennt mehr als {limit} Quellen",
  "patterns-too-many": "hat mehr als {limit} verschiedene reguläre Ausdrücke",
  "source-unknown": "nennt {source}, weder eine Stelle der Anfrage noch ein Feld",
  "source-incomplete":
    "nennt {source}, dem hinter dem ersten Wort ein Name oder eine Position fehlt",
  "source-path-invalid":
    "nennt {source}, dessen Pfad einen leeren Schritt oder eine Klammer anders als [name=text] hat",
  "source-without-list": "nennt {source}, aber die Zuordnung hat keine Liste in „each“",
  "condition-empty": "verlangt nichts: es fehlt „is“, „not“, „matches“ oder „own“",
  "value-unknown": "„{value}“ gibt es nicht, möglich sind {values}",
  "table-row-unreachable":
    "Die Zeile „{row}“ wird nie erreicht: Sie wiederholt eine andere oder hat Leerzeichen am Rand",
  "table-without-source": "wird nie erreicht: Die Regel hat einen festen Wert (value)",
  "rule-unreachable": "wird nie erreicht: Regel {rule} nimmt jeden ihrer Werte vorher",
  "template-invalid": "hat {source}, keine Vorlage: jede Quelle steht in geschweiften Klammern",
  "pattern-classes-too-many": "hat mehr als {limit} Klassen wie \\pL",
  "pattern-invalid": "ist kein regulärer Ausdruck, den RE2 ausführt: {reason}",

  // checks of the schema, which are pydantic's
  "extra-forbidden": "ist hier kein bekannter Name",
  "unexpected-keyword-argument": "ist hier kein bekannter Name",
  "model-type": "muss ein JSON-Objekt sein",
  "model-attributes-type": "muss ein JSON-Objekt sein",
  "dataclass-type": "muss ein JSON-Objekt sein",
  "dict-type": "muss ein JSON-Objekt sein",
  "list-type": "muss eine Liste sein",
  "tuple-type": "muss eine Liste sein",
  "too-long": "hat mehr als {max_length} Einträge",
  "string-type": "muss ein Text sein",
  "string-unicode": "muss ein Text aus ganzen Zeichen sein",
  "string-too-short": "hat weniger als {min_length} Zeichen",
  "string-too-long": "hat mehr als {max_length} Zeichen",
  "string-pattern-mismatch": "hat nicht die Form {pattern}",
  "literal-error": "muss einer dieser Werte sein: {expected}",
  "bool-type": "muss true oder false sein",
  "bool-parsing": "muss true oder false sein",
  "int-type": "muss eine ganze Zahl sein",
  "int-parsing": "muss eine ganze Zahl sein",
  "int-parsing-size": "muss eine kürzere Zahl sein",
  "int-from-float": "muss eine ganze Zahl sein",
  "finite-number": "muss eine endliche Zahl sein",
  "greater-than-equal": "muss mindestens {ge} sein",
  "less-than-equal": "darf höchstens {le} sein",
  "datetime-type": "muss ein Zeitpunkt sein",
  "datetime-parsing": "muss ein Zeitpunkt nach RFC 3339 sein",
  "datetime-from-date-parsing": "muss ein Zeitpunkt nach RFC 3339 sein",
  "datetime-object-invalid": "muss ein Zeitpunkt sein, den es gibt",
  "timezone-aware": "muss ein Zeitpunkt mit Zeitzone sein",
};
