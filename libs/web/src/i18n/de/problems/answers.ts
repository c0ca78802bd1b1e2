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
  "comment-unknown": "Den Kommentar gibt es nicht mehr.",
  "deleted-comment-unknown": "Der Kommentar liegt nicht mehr im Papierkorb.",
  "comment-of-another": "Einen Kommentar ändern nur sein Verfasser und Administratoren.",
  "comment-versions-full": "Ein Kommentar kann höchstens {limit}-mal geändert werden.",
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
  "record-merged-with-itself": "Ein Eintrag lässt sich nicht mit sich selbst zusammenführen.",
  "record-unknown": "Diesen Eintrag gibt es nicht mehr. Bitte laden Sie die Liste neu.",
  "extension-refused": "Sie können nur von Ihrer eigenen Nebenstelle wählen.",
  "dial-link-unknown": "Sie haben keinen eigenen Wähl-Link.",
  "dead-letter-unknown": "Diese Nachricht gibt es nicht mehr. Bitte laden Sie die Liste neu.",
  "dead-letter-replayed": "Die Nachricht wurde schon erneut zugestellt oder wird es gerade.",
  "file-unknown": "Diese Datei gibt es nicht.",
};
