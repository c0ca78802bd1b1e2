// The German words of forms and buttons; holds no logic.

export const words = {
  "form.save": "Speichern",
  "form.saved": "Gespeichert.",
  "form.missing": "Bitte ausfüllen.",
  "form.check": "Nicht gespeichert. Bitte prüfen Sie die markierte Angabe.",
  "form.conflict":
    "Jemand anderes hat inzwischen gespeichert: {newer}. Ihre Angaben stehen noch hier; noch einmal speichern ersetzt die neueren.",
  "confirm.no": "Abbrechen",
  "copy.copy": "Kopieren",
  "copy.copied": "Kopiert",
  "copy.byHand": "Markiert: bitte mit Strg+C kopieren",
  "lines.name": "Name beim Absender",
  "lines.extension": "Nebenstelle",
  "lines.add": "Zeile hinzufügen",
  "lines.remove": "Zeile entfernen",
  "danger.renew": "Neuer Schlüssel",
  "danger.renewSure":
    "Die alten Adressen gelten dann nicht mehr und müssen am Telefon ersetzt werden.",
  "danger.renewed": "Der Schlüssel ist neu. Bitte tragen Sie die neuen Adressen am Telefon ein.",
  "danger.remove": "Telefon entfernen",
  "danger.removeSure": "„{name}“ meldet dann keine Anrufe mehr. Bisherige Anrufe bleiben.",
  "danger.removed": "„{name}“ ist entfernt.",

  "form.showPassword": "Passwort anzeigen",
  "leave.title": "Änderungen verwerfen?",
  "leave.lead": "Auf dieser Seite gibt es Angaben, die noch nicht gespeichert sind.",
  "leave.stay": "Hier bleiben",
  "leave.discard": "Verwerfen",
};
