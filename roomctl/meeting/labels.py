"""What invitations call a meeting's number and its passcode, and how such a label is found.

The lists are common to all platforms that print numbers, in the languages invitations come in:
people retype them, and vendors change words. What one vendor alone says stands in its file. The
words are those of invitations in public repositories (Zoom, Teams, Webex, RingCentral) and of the
vendors' translations. Simplified letters stand for traditional and Japanese ones, too, a blank or a
hyphen for any few of them; accents may be left out. Pure; knows no platform and no text.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import cache

MEETING_ID = (
    *("Meeting ID", "Meeting number", "Meeting no.", "Meeting code"),
    "Meeting #",
    *("Webinar ID", "Webinar number"),
    *("会议号", "会议 ID", "会议号码", "会议识别码", "会议代码", "会议编号", "研讨会 ID"),
    # German, Dutch
    *("Besprechungs-ID", "Besprechungsnummer", "Sitzungs-ID", "Meetingnummer", "Meeting-Nummer"),
    *("Vergadering-id", "Vergader-ID", "ID vergadering", "Vergadernummer"),
    # French
    *("ID de réunion", "ID de la réunion", "ID réunion", "ID du webinaire", "N° de réunion"),
    *("Identifiant de réunion", "Identifiant de la réunion", "Identifiant réunion"),
    *("Code de réunion", "Numéro de réunion", "Numéro de la réunion"),
    # Spanish
    *("ID de reunión", "ID de la reunión", "Id. de reunión", "Id. de la reunión", "ID reunión"),
    *("Identificador de reunión", "Identificador de la reunión", "ID del seminario web"),
    *("Número de reunión", "Número de la reunión", "Código de la reunión"),
    # Portuguese
    *("ID da reunião", "ID de reunião", "ID reunião", "ID da conferência", "ID do webinar"),
    *("Código da reunião", "Número da reunião", "Identificação da reunião"),
    "Identificador da reunião",
    # Italian
    *("ID riunione", "ID della riunione", "ID del webinar", "Numero riunione"),
    *("Codice riunione", "Numero della riunione", "Numero di riunione"),
    # Japanese, Korean
    *("ミーティング ID", "ミーティング番号", "会议番号", "ウェビナー ID", "ウェビナー番号"),
    *("회의 ID", "회의 번호", "회의 아이디", "미팅 ID", "미팅 번호", "모임 ID", "웨비나 ID"),
    # Russian, Ukrainian
    *("Идентификатор конференции", "Идентификатор собрания", "Идентификатор встречи"),
    *("Идентификатор совещания", "Идентификатор вебинара", "ID конференции", "ID собрания"),
    *("ID встречи", "ID совещания", "Номер конференции", "Номер собрания", "Номер встречи"),
    *("Номер совещания", "Ідентифікатор конференції", "Ідентифікатор наради", "ID конференції"),
    # Polish, Czech, Turkish, Swedish, Danish, Norwegian, Finnish, Vietnamese, Indonesian
    *("Identyfikator spotkania", "ID spotkania", "Numer spotkania", "ID schůzky"),
    *("Toplantı Kimliği", "Toplantı Numarası", "Toplantı No", "Toplantı ID"),
    *("Mötes-ID", "Møde-id", "Møte-ID", "Kokouksen tunnus", "Kokoustunnus"),
    *("ID cuộc họp", "ID Rapat"),
)

PASSCODE = (
    *("Passcode", "Password", "Pass code", "Meeting passcode", "Meeting password", "PW"),
    "Pass",
    *("密码", "会议密码", "入会密码", "通行码"),
    *("Kenncode", "Kennwort", "Passwort", "Meeting-Passwort", "Meeting-Kennwort", "Kennung"),
    *("Zugangscode", "Zugriffscode", "Toegangscode", "Wachtwoord", "Wachtwoordcode"),
    *("Besprechungspasswort", "Besprechungskennwort", "Passwort für das Meeting"),
    *("Code secret", "Code d'accès", "Mot de passe", "Mot de passe de la réunion"),
    *("Mot de passe de réunion", "Mdp"),
    *("Código de acceso", "Contraseña", "Contraseña de la reunión", "Clave", "Clave de acceso"),
    *("Contraseña de reunión", "Clave de la reunión"),
    *("Senha", "Senha de acesso", "Senha da reunião", "Código de acesso", "Palavra-passe"),
    "Código secreto",
    *("Codice d'accesso", "Codice di accesso", "Codice accesso", "Password riunione"),
    *("Password della riunione", "パスコード", "パスワード", "ミーティングパスワード"),
    *("ミーティングパスコード", "会议パスワード"),
    *("암호", "비밀번호", "패스코드", "패스워드", "비번", "회의 암호", "회의 비밀번호"),
    *("Код доступа", "Секретный код", "Пароль", "Пароль собрания", "Пароль конференции"),
    *("Пароль совещания", "Пароль встречи", "Пароль вебинара"),
    *("Код доступу", "Секретний код", "Kod dostępu", "Hasło", "Přístupový kód", "Heslo"),
    *("Parola", "Geçiş Kodu", "Lösenord", "Lösenkod", "Adgangskode", "Passord", "Passkode"),
    *("Tunnuskoodi", "Salasana", "Mật mã", "Mật khẩu", "Kode Sandi"),
)


def key_of(label: str) -> str:
    """Return a label without case, blanks, hyphens and accents: what is the same for a reader."""
    letters = unicodedata.normalize("NFD", label.lower())
    return "".join(c for c in letters if c not in " \t\n\r\f\v-" and not unicodedata.combining(c))


def any_of(labels: Iterable[str]) -> str:
    """Return a pattern of the labels, the longest first; inside a Latin word it fails at once."""
    longest = sorted(dict.fromkeys(labels), key=lambda label: (-len(label), label))
    latin = _by_first([label for label in longest if is_word(label[0])])
    other = _by_first([label for label in longest if not is_word(label[0])])
    either = [rf"(?<![A-Za-z_])(?:{latin})" if latin else "", other]
    return f"(?:{'|'.join(filter(None, either)) or '(?!)'})"


def _by_first(labels: list[str]) -> str:
    """Return a pattern of the labels with each first letter once: most texts fail there."""
    first: dict[str, list[str]] = {}
    for label in labels:
        written = spaced(label)
        length = _LETTER.match(written)
        head = length[0] if length else written
        first.setdefault(head, []).append(written[len(head) :])
    return "|".join(f"{head}(?:{'|'.join(rest)})" for head, rest in first.items())


_LETTER = re.compile(r"\[[^\]]*\]|\\?.", re.DOTALL)


def spaced(label: str) -> str:
    """Return a label as a pattern; a Latin one must not end inside a word."""
    words = r"[\s-]{0,3}".join(_accented(word) for word in re.split("[ -]", label))
    return words + (r"(?![A-Za-z])" if is_word(label[-1]) else "")


def _accented(word: str) -> str:
    """Return a word as a pattern: accents may be missing, and case is no matter beyond ASCII."""
    return "".join(re.escape(c) if c.isascii() else _any_case(c) for c in word)


@cache
def _any_case(letter: str) -> str:
    forms = {letter, letter.upper(), letter.lower(), unicodedata.normalize("NFD", letter)[0]}
    same = sorted(c for c in forms if len(c) == 1 and key_of(c) == key_of(letter))
    return f"[{''.join(same)}]" if len(same) > 1 else re.escape(letter)


def is_word(letter: str) -> bool:
    """Whether a letter is one of a Latin word, or a digit."""
    return letter.isascii() and letter.isalnum()
