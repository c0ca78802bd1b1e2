"""The words and signs by which people mark an extension behind a number, by language."""

_WORDS_BY_LANGUAGE = {
    "English": r"ext(?:ension|en|n)?|x|local|loc\.",
    "French": r"poste|p\.",
    "German": r"intern",
    "Dutch": r"toestel|tst",
    "Italian": r"int(?:erno)?",
    "Spanish": r"anexo|extensi[oó]n",
    "Portuguese": r"ramal|extens[aã]o",
    "Polish": r"wew(?:n(?:[eę]trzny)?)?|w\.",
    "Czech": r"linka|klapka",
    "Hungarian": r"mell[eé]k|mell\.",
    "Romanian": r"interior",
    "Turkish": r"dahil[iı]|dah\.",
    "Swedish, Danish, Norwegian": r"ankn(?:ytning)?|lokal(?:nummer)?|lok\.",
    "Finnish": r"alanumero|alanro",
    "Russian": r"доб(?:авочный)?|доп(?:олнительный)?|вн\.|внутр(?:енний)?",
    "Bulgarian": r"вътр(?:ешен)?",
    "Ukrainian": r"дод(?:атковий)?",
    "Greek": r"εσωτ(?:ερικ[οό])?|εσ\.",
    "Chinese": r"分機號?碼?|分机号?码?|轉接?|转接?|內線|内线",
    "Japanese": r"内線(?:番号)?",
    "Korean": r"내선(?:번호)?|구내",
    "Vietnamese": r"máy lẻ|số lẻ",
    "Hebrew": r"שלוחה",
    "Arabic": r"تحويلة",
}
"""Regular expressions for any case. Words of one letter count only with their point."""

EXTENSION_WORD = f"(?:{'|'.join(_WORDS_BY_LANGUAGE.values())})"
"""Digits behind one of these are dialled after the answer."""

DIRECT_WORD = r"(?:DW|Durchw(?:ahl)?|App(?:arat)?|Nst|Nebenst(?:elle)?|Klappe|Kl)"
"""Digits behind one of these, of Germany and Austria, are the end of the number itself."""
