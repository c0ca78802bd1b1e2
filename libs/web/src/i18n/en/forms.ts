// The English words of forms and buttons; holds no logic.

export const words: Record<keyof typeof import("../de/forms").words, string> = {
  "form.save": "Save",
  "form.saved": "Saved.",
  "form.missing": "Please fill this in.",
  "form.check": "Not saved. Please check what is marked.",
  "form.conflict":
    "Somebody else has saved meanwhile: {newer}. Your input is still here; saving again replaces the newer values.",
  "confirm.no": "Cancel",
  "copy.copy": "Copy",
  "copy.copied": "Copied",
  "copy.byHand": "Selected: please copy with Ctrl+C",
  "lines.name": "Name at the sender",
  "lines.extension": "Extension",
  "lines.add": "Add a row",
  "lines.remove": "Remove the row",
  "danger.renew": "New key",
  "danger.renewSure": "The old addresses stop working and must be replaced at the phone.",
  "danger.renewed": "New key created. Please enter the new addresses at the phone.",
  "danger.remove": "Remove the phone",
  "danger.removeSure": "“{name}” will not report calls any more. Past calls stay.",
  "danger.removed": "“{name}” is removed.",

  "form.showPassword": "Show password",
  "leave.title": "Discard changes?",
  "leave.lead": "Some of your input here is not saved yet.",
  "leave.stay": "Stay here",
  "leave.discard": "Discard",
};
