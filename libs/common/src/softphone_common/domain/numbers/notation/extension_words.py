"""The words and signs by which people mark an extension behind a number, by language."""

_WORDS_BY_LANGUAGE = {
    "English": r"ext(?:ension|en|n)?|[x×х](?:tn)?|local|loc\.",
    "French": r"poste|p\.",
    "German": r"intern",
    "Dutch": r"toestel(?:nr|nummer)?|tst",
    "Italian": r"int(?:erno)?",
    "Spanish": r"anexo|anx\.|extensi[oó]n",
    "Portuguese": r"ramal|extens[aã]o",
    "Polish": r"wew(?:n(?:[eę]trzny)?)?|w\.",
    "Czech": r"linka|klapka",
    "Hungarian": r"mell[eé]k|mell\.",
    "Romanian": r"interior",
    "Turkish": r"dah(?:il[iı])?",
    "Swedish, Danish, Norwegian": r"ankn(?:ytning)?|lokal(?:nummer)?|lok\.",
    "Finnish": r"alanumero|alanro",
    "Russian": r"доб(?:авочный)?|доп(?:олнительный)?|вн\.|внутр(?:енний)?",
    "Bulgarian": r"вътр(?:ешен)?",
    "Ukrainian": r"дод(?:атковий)?",
    "Greek": r"εσωτ(?:ερικ[οό])?|εσ\.",
    "Chinese": r"[轉转]?(?:分機|分机)[號号]?[碼码]?|[轉转]接?|內線|内线",
    "Japanese": r"内線(?:番号)?|内",
    "Korean": r"내선(?:번호)?|구내|교환",
    "Vietnamese": r"máy lẻ|số lẻ|nội bộ",
    "Hebrew": r"שלוחה",
    "Arabic, Persian": r"تحويلة|داخل[يی]",
    "Thai": r"ต่อ",
    "Indonesian, Malay": r"pes(?:awat)?|samb(?:ungan)?",
    "Croatian, Serbian": r"ku[cć]ni",
    "Lithuanian, Estonian": r"vid\.|sise(?:nr|number)?",
}
"""Regular expressions for any case. Words of one letter count only with their point."""

EXTENSION_WORD = f"(?:{'|'.join(_WORDS_BY_LANGUAGE.values())})"
"""Digits behind one of these are dialled after the answer."""

DIRECT_WORD = r"(?:DW|Durchw(?:ahl)?|App(?:arat)?|Nst|Nebenst(?:elle)?|Klappe|Kl)"
"""Digits behind one of these, of Germany and Austria, are the end of the number itself."""
