// The German words of signing in and of the frame around all views; holds no logic.

export const words = {
  product: "Softphone Connector",
  skip: "Zum Inhalt",
  skips: "Sprungmarken",
  loading: "Einen Moment …",
  language: "Sprache",

  "signin.title": "Anmelden",
  "signin.lead": "Sehen Sie, wer anruft, bevor Sie abheben.",
  "signin.tenant": "Firmenkennung",
  "signin.login": "Benutzername",
  "signin.password": "Passwort",
  "signin.submit": "Anmelden",
  "signin.busy": "Wird angemeldet …",
  "signin.wrong":
    "Firma, Benutzername oder Passwort stimmt nicht. Bitte prüfen und noch einmal versuchen.",
  "signin.expired": "Ihre Sitzung ist abgelaufen. Bitte melden Sie sich wieder an.",
  "signin.revoked":
    "Ihr Zugang wurde geändert oder gesperrt. Melden Sie sich neu an; gelingt es nicht, hilft Ihr Administrator.",
  "signin.out": "Sie sind abgemeldet.",
  "signin.ended":
    "Diese Sitzung wurde beendet. Waren Sie das nicht, melden Sie sich neu an und ändern Sie Ihr Passwort.",
  "signin.or": "oder",
  "signin.provider": "Mit {name} anmelden",
  "signin.failed": "Die Anmeldung hat nicht geklappt. Bitte versuchen Sie es noch einmal.",
  "signin.off": "Ihre Firma ist abgeschaltet. Bitte wenden Sie sich an den Betreiber.",
  signout: "Abmelden",

  "account.title": "Mein Konto",

  "nav.calls": "Anrufe",
  "nav.directory": "Kontakte",
  "nav.phones": "Telefone",
  "nav.company": "Firma",
  "nav.settings": "Einstellungen",
  "nav.bin": "Papierkorb",
  "nav.apiKeys": "API-Schlüssel",
  "nav.audit": "Sicherheitsprotokoll",
  "nav.operation": "Betrieb",
  "nav.system": "System",
  "nav.tenants": "Mandanten",
  "nav.deadLetters": "Unzustellbar",
  "nav.pop": "Nummer nachschlagen",
  "nav.label": "Bereiche",

  "page.failed":
    "Dieser Teil der Seite konnte nicht geladen werden. Bitte laden Sie die Seite neu.",
  "page.reload": "Neu laden",

  "connection.connected": "verbunden",
  "connection.again": "getrennt, verbindet neu …",
  "connection.connecting": "verbindet …",
  "connection.waiting": "getrennt, neuer Versuch in {n} s",
  "notify.ask": "Benachrichtigungen erlauben",
  "notify.insecure": "Benachrichtigungen bei Anruf zeigt der Browser nur auf https-Adressen.",
  "notify.body": "Anruf an Nebenstelle {extension}",

  "skip.popups": "Zum laufenden Anruf",
  "switch.disturb": "Nicht stören",
  "switch.sound": "Ton bei Anruf",
  "switch.on": "{what}: an",
  "switch.off": "{what}: aus",
  "switch.failed": "Das wurde nicht gespeichert. {why}",
  "keys.title": "Tasten",
  "keys.popup": "Zum neuesten Anruf und zurück",
  "keys.comment": "Kommentar schreiben",
  "keys.save": "Kommentar speichern",
  "keys.callBack": "Anrufen oder zurückrufen",
  "keys.close": "Anruf oder Details schließen",
  "keys.missed": "Zum nächsten verpassten Anruf",
  "keys.next": "Eine Zeile tiefer",
  "keys.previous": "Eine Zeile höher",
  "keys.search": "Suchen",
  "keys.help": "Diese Übersicht",
  "keys.letters": "Einzelne Zeichen wie C oder ? als Tasten verwenden",
  "keys.done": "Fertig",
  "keys.noMissed": "Kein verpasster Anruf in der Liste.",
  "keys.noNumber": "Diese Nummer lässt sich nicht anrufen.",
  "key.ctrl": "Strg",
  "key.enter": "Eingabe",
  "key.escape": "Esc",

  "when.today": "heute {time}",
  "when.yesterday": "gestern {time}",

  "error.network":
    "Der Server ist nicht erreichbar. Prüfen Sie die Verbindung und versuchen Sie es noch einmal.",
  "error.late":
    "Das konnte nicht gesendet werden: Der Server antwortet nicht. Bitte versuchen Sie es noch einmal.",
  "error.session": "Ihre Sitzung ist abgelaufen. Bitte melden Sie sich wieder an.",
  "error.forbidden": "Das ist Ihnen nicht erlaubt. Ihr Administrator kann das ändern.",
  "error.missing": "Das gibt es nicht mehr. Bitte laden Sie die Liste neu.",
  "error.often":
    "Zu viele Versuche. Bitte warten Sie eine Minute und versuchen Sie es dann noch einmal.",
  "error.server":
    "Der Server kann gerade nicht antworten. Bitte versuchen Sie es in einer Minute noch einmal.",
  "error.invalid": "Die Angabe wurde nicht angenommen: {detail}",
  "error.number": "Das ist keine wählbare Nummer. Bitte prüfen Sie sie, zum Beispiel 089 99998123.",

  "nav.people": "Personen",

  "signin.forgotten": "Passwort vergessen?",
  "signin.forgotten.lead":
    "Bitten Sie einen Administrator Ihrer Firma um einen Link, über den Sie ein neues Passwort wählen.",
  "signin.code": "Code",
  "signin.code.hint":
    "Den sechsstelligen Code zeigt Ihre Authenticator-App. Ein Wiederherstellungscode geht auch.",
  "signin.code.wrong": "Der Code stimmt nicht, ist abgelaufen oder wurde schon benutzt.",
  "signin.code.back": "Zurück",

  "activation.newCode": "Neuen Code eingeben",
  "activation.missing": "Ihre Firma ist noch nicht freigeschaltet.",
  "activation.ended": "Die Freischaltung Ihrer Firma ist am {day} abgelaufen.",
  "activation.ends": "Die Freischaltung Ihrer Firma endet am {day}.",
};
