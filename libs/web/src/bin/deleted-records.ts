// The deleted records of the directory.

import type { Context } from "../calls/context";
import type { DirectoryRecord } from "../core/types";
import { typeText } from "../directory/matches";
import { RecordApi } from "../directory/record-api";
import { plain, stranger } from "../dom/stranger";
import { t } from "../i18n/messages";
import { DeletedList } from "./deleted-list";
import type { Names } from "./deletion";

export function deletedRecords(context: Context, names: Names) {
  const api = new RecordApi(context.api);
  return new DeletedList<DirectoryRecord>(context, names, {
    testid: "deleted-records",
    rowid: "bin-record",
    title: t("bin.records"),
    empty: t("bin.emptyRecords"),
    read: (cursor) => api.deleted(cursor),
    columns: [
      { title: t("record.name"), cell: ({ name }) => stranger(name) },
      { title: t("record.type"), cell: ({ type }) => typeText(type) },
    ],
    label: ({ name }) => plain(name),
    restore: async ({ id, name }) => {
      await api.restore(id);
      return t("bin.restoredRecord", { name: plain(name) });
    },
  });
}
