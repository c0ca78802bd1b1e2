// English sentences for the problems of sources, of which only administrators learn.

export const sentences: Record<string, string> = {
  "directory-source-exists": "There is a source called “{name}” already.",
  "directory-source-running": "The source is being read already.",
  "directory-source-unknown": "This source no longer exists. Please reload the list.",
  "directory-sources-full": "More than {limit} sources are not possible.",
  "schedule-doubled": "Please choose either an interval or a time of the day.",
  "source-address-book-missing": "There is no address book for this user.",
  "source-address-books":
    "There are several address books. Please enter the address of one of them: {addresses}",
  "source-address-invalid": "The address must begin with https:// and have no password in it.",
  "source-address-not-ldap":
    "The address must begin with ldaps:// or ldap:// and have only the port behind the server.",
  "source-answer-unknown": "The source answered in a form that the connector does not know.",
  "source-answered": "The source answered with the error {status}.",
  "source-base-invalid":
    "Please enter the entry below which the contacts are, such as ou=people,dc=example,dc=com.",
  "source-base-unknown": "There is no entry “{base}”, or this user must not see it.",
  "source-cards-missing": "The source did not send all contacts that it lists.",
  "source-certificate-refused": "The certificate of the server {host} is not valid.",
  "source-changed": "The settings of the source were changed meanwhile.",
  "source-credentials-unfit": "This kind of source gets its secret in another way.",
  "source-empty": "The source sent no record at all, so nothing was changed.",
  "source-entries-without-id":
    "No entry has the field “{column}”, by which the next run finds it again. So nothing was changed.",
  "source-field-unread": "This field does not belong to this kind of source ({kind}).",
  "source-filter-invalid":
    "The filter is not valid. It stands in parentheses, such as (objectClass=person).",
  "source-header-invalid":
    "Please enter the name of a header field that does not belong to the connection itself.",
  "source-host-forbidden":
    "The server {host} is not permitted. The operator permits it with the setting SOFTPHONE_SOURCE_HOSTS.",
  "source-id-missing":
    "The field with the id is missing. By it the next run finds each record again.",
  "source-interrupted": "The connection broke each time before all pages were read.",
  "source-items-missing": "The answer has no list at “{path}”.",
  "source-keys-missing":
    "A secret cannot be kept yet: the operator must set SOFTPHONE_SOURCE_KEYS first.",
  "source-leads-elsewhere":
    "The source leads to another server ({host}). Enter that address if it is the right one.",
  "source-login-refused":
    "The CRM refuses the user or the access key ({reason}). Please enter both again.",
  "source-mapping-missing": "Please assign the fields of the source first.",
  "source-module-missing":
    "The user of the source does not see the module “{module}” in the CRM. Nothing was changed, so that no record is lost.",
  "source-modules-missing":
    "The user of the source sees none of the modules {modules} in the CRM. Please give the user the right to view them.",
  "source-not-carddav": "No address book (CardDAV) answers at this address.",
  "source-not-json": "The answer of the source is not JSON.",
  "source-not-ldap": "The server {host} does not speak LDAP.",
  "source-operation-refused": "The CRM refused a request ({operation}: {reason}).",
  "source-pages-endless": "The source sent the same page twice, so its paging has no end.",
  "source-pages-too-many": "The source has more than {limit} pages.",
  "source-parameter-missing": "The name of the parameter that counts pages or records is missing.",
  "source-password-missing":
    "A name needs a password. Without one, a directory answers as it answers a stranger.",
  "source-refused": "The source refuses the name or the secret (status {status}).",
  "source-removed": "The source was removed meanwhile.",
  "source-secret-needed": "Please enter the password, the token or the key.",
  "source-secret-unreadable": "The secret can no longer be decrypted. Please enter it again.",
  "source-size-limited":
    "The server does not give all entries to this user (sizeLimitExceeded), so nothing was changed.",
  "source-too-large": "The source sent more than {limit} bytes.",
  "source-too-slow": "The source did not answer completely within {limit} seconds.",
  "source-unreachable": "The server {host} cannot be reached.",
  "source-user-missing": "Please enter the name of a user of the CRM and the user’s access key.",
};
