"""Recognises the words, numbers and hosts by which senders say that a caller is withheld."""

import re
import unicodedata

_WORD = re.compile(r"[^\W\d_]+")


def _words(text: str) -> frozenset[str]:
    """The words of a text without case and accents."""
    # these two letters have no decomposition in Unicode
    folded = unicodedata.normalize("NFKD", text.casefold()).replace("ł", "l").replace("ı", "i")
    return frozenset(_WORD.findall("".join(c for c in folded if not unicodedata.combining(c))))


_WORDS = _words("""
    anonymous anonymus anonym anonyme anonymer anonymes anonymisiert anonyymi anoniem anonimo
    anonima anonimowy anonimni anonimno anonimen
    private privat privater prive privee privato privata privado privada prywatny prywatna
    soukrome sukromne privatni privatno privatan privatus
    restricted withheld blocked hidden suppressed secret unlisted unavailable unknown out clir
    unbekannt unbekannte unbekannter unterdruckt unterdruckte unterdruckter unterdrueckt
    unterdrueckte unterdrueckter verborgen verborgene verdeckt geheim geheime gesperrt
    privatnummer rufnummernunterdruckung rufnummerunterdruckung
    unverfugbar unverfuegbar
    inconnu inconnue masque masquee cache cachee secrete indisponible
    sconosciuto sconosciuta nascosto nascosta riservato riservata segreto disponibile
    desconocido desconocida oculto oculta disponible reservado bloqueado
    desconhecido desconhecida indisponivel
    ukryty ukryte zastrzezony zastrzezone nieznany nieznana nieznane
    gizli ozel bilinmeyen bilinmiyor
    onbekend onbekende afgeschermd afgeschermde verborgene geblokkeerd
    okand okant dold dolt hemlig hemligt ukjent skjult hemmelig ukendt
    tuntematon salattu salainen
    neznamy neznama nezname neznamo skryty skryte utajeny utajene
    ismeretlen rejtett titkos
    necunoscut necunoscuta ascuns ascunsa
    nepoznat nepoznato skriven skriveno skriti neznan neznana
    неизвестный неизвестно неизвестен скрытый скрыт аноним анонимный анонимно
    невідомий прихований αγνωστος αποκρυψη
    非通知 匿名 未知 表示圏外
    null none nil nan undefined false empty missing leer
    no not kein keine keiner ohne nicht sans sin senza bez brak
    """)
"""Words that mean it alone and together with the words of _COMPANIONS."""

_COMPANIONS = _words("""
    number numbers num nr no caller callers call calling party id cli cid name user line phone the
    available provided area of non nao given shown display displayed presentation identity
    nummer nummern rufnummer telefonnummer anrufer anruferin anruf teilnehmer verfugbar verfuegbar
    ubermittelt uebermittelt angezeigt vorhanden anzeige rufnummernanzeige
    numero appel appelant correspondant disponible chiamata chiamante llamada llamante chamada
    numer numeru rozmowca numara arayan privenummer telefoonnummer beller oproep
    numret samtal opkald soitto numeron cislo volajici szam hivo numar apel broj poziv stevilka
    номер абонент αριθμος
    """)
"""Words that accompany them: "Rufnummer unterdrückt", "numéro masqué", "no caller ID"."""

_KEYPAD = frozenset({"266696687", "7378742833", "2562533", "8656696", "86282452253"})
"""ANONYMOUS, RESTRICTED, BLOCKED, UNKNOWN and UNAVAILABLE in keypad letters, as carriers send."""

_HOSTS = frozenset({"anonymous.invalid", "unknown.invalid"})
"""Hosts of URIs for withheld callers: RFC 3323, 4.1.1.3, and 3GPP TS 24.229."""

_PHRASE = re.compile(r"[\w\s<>()\[\]\"'.,:;/!?*|\-]*")
_MASK = re.compile(r"x{2,}|[op]|n\s*[./]?\s*a\.?")
"""Masks: XXX, N/A, and the O (out of area) and P (private) of analogue caller ID."""


def is_withheld(text: str) -> bool:
    """Whether `text` says that the caller is withheld or unknown. Text with a digit does not."""
    if any(char.isdigit() for char in text) or not _PHRASE.fullmatch(text):
        return False
    bare = text.casefold().strip(" \t\n<>()[]\"'.,:;!?*|-_")
    words = _words(bare)
    if _MASK.fullmatch(bare) or not words:
        return True
    return bool(words & _WORDS) and words <= _WORDS | _COMPANIONS


def is_withheld_host(host: str) -> bool:
    """Whether URIs at this host, in lower case, stand for a withheld caller."""
    return host in _HOSTS


def is_withheld_on_keypad(digits: str) -> bool:
    """Whether the digits are such a word in keypad letters, with or without a prefix.

    Carriers also send it as a number of the USA (+1) and as one from abroad (00).
    """
    national = digits.removeprefix("+1") if digits.startswith("+1") else digits.removeprefix("+")
    return national in _KEYPAD or digits.removeprefix("00") in _KEYPAD


def is_withheld_behind_prefix(digits: str) -> bool:
    """Whether nothing follows a prefix, as an exchange shows it for a caller who is withheld."""
    return not digits or is_withheld_on_keypad(digits)
