"""Numbers and passcodes as the vendors' own invitations print them, in many languages.

The forms are those of invitations in public repositories and of the vendors' translations; names,
numbers and passcodes are invented.
"""

# ruff: noqa: E501 - a sample stands as it was sent

from __future__ import annotations

import unicodedata

import pytest

from roomctl.meeting.link import read
from roomctl.meeting.platform import load_platforms

PLATFORMS = load_platforms({})
Z, T, W = "812 3456 7890", "212 345 678 901 23", "2512 345 6789"

ZOOM = {
    "de": f"Zoom-Meeting beitreten\n\nMeeting-ID: {Z}\nKenncode: Ab3xK9",
    "de, no hyphen": f"Zoom-Meeting\nMeeting ID: {Z}\nKenncode: Ab3xK9",
    "fr": f"Participer à la réunion Zoom\n\nID de réunion : {Z}\nCode secret : Ab3xK9",
    "fr, retyped": f"Zoom : identifiant {Z}, mdp : Ab3xK9",
    "en, number sign": f"Zoom Meeting #: {Z} Passcode: Ab3xK9",
    "zh, room": f"Zoom会议室号：{Z}，密码：Ab3xK9",
    "en, retyped": f"zoom id: {Z}\npass: Ab3xK9",
    "fr, narrow blanks": f"Réunion Zoom\nID de la réunion\u202f: {Z}\nCode secret\u00a0: Ab3xK9",
    "fr, no accents": f"Reunion Zoom\nID de reunion: {Z}\nCode secret: Ab3xK9",
    "fr, decomposed": unicodedata.normalize(
        "NFD", f"Réunion Zoom\nID de réunion : {Z}\nCode secret : Ab3xK9"
    ),
    "es": f"Unirse a la reunión Zoom\n\nID de reunión: {Z}\nCódigo de acceso: Ab3xK9",
    "es, capitals": f"REUNIÓN DE ZOOM\nID DE REUNIÓN: {Z}\nCÓDIGO DE ACCESO: Ab3xK9",
    "es, old": f"Zoom\nID de reunión: {Z}\nContraseña: Ab3xK9",
    "es, in backticks": f"Zoom\nID de reunión: `{Z}`\nCódigo de acceso: `Ab3xK9`",
    "pt": f"Entrar na reunião Zoom\n\nID da reunião: {Z}\nSenha: Ab3xK9",
    "pt, full": f"Reunião Zoom. ID da Reunião: {Z} / Senha de acesso: Ab3xK9",
    "pt, Portugal": f"Zoom\nID da reunião: {Z}\nCódigo de acesso: Ab3xK9",
    "it": f"Entra nella riunione in Zoom\n\nID riunione: {Z}\nCodice d’accesso: Ab3xK9",
    "it, new": f"Zoom\nID riunione: {Z}\nPasscode: Ab3xK9",
    "nl": f"Deelnemen aan Zoom-vergadering\n\nVergadering-ID: {Z}\nToegangscode: Ab3xK9",
    "ja": f"Zoomミーティングに参加する\n\nミーティングID: {Z}\nパスコード: Ab3xK9",
    "ja, blank": f"Zoom ミーティング\nミーティング ID： {Z}\nパスコード：Ab3xK9",
    "ja, half width": f"Zoom\nﾐｰﾃｨﾝｸﾞID: {Z}\nﾊﾟｽｺｰﾄﾞ: Ab3xK9",
    "ja, PW": f"Zoomミーティングに参加する\nミーティングID:{Z}\nミーティングPW:Ab3xK9",
    "ja, password": f"【Zoom】ミーティングID: {Z} パスワード: Ab3xK9",
    "ko": f"Zoom 회의 참가\n\n회의 ID: {Z}\n암호: Ab3xK9",
    "ko, blanks": f"Zoom 회의 ID : {Z} / PW : Ab3xK9",
    "ko, password": f"Zoom\n회의 ID: {Z} 비밀번호: Ab3xK9",
    "ru": f"Подключиться к конференции Zoom\n\nИдентификатор конференции: {Z}\nКод доступа: Ab3xK9",
    "ru, small": f"занятие в zoom, идентификатор конференции: {Z}, код доступа: Ab3xK9.",
    "uk": f"Zoom\nІдентифікатор конференції: {Z}\nКод доступу: Ab3xK9",
    "pl": f"Dołącz do spotkania Zoom\n\nIdentyfikator spotkania: {Z}\nKod dostępu: Ab3xK9",
    "tr": f"Zoom Toplantısına Katıl\n\nToplantı Kimliği: {Z}\nParola: Ab3xK9",
    "sv": f"Anslut till Zoom-möte\n\nMötes-ID: {Z}\nLösenkod: Ab3xK9",
    "vi": f"Tham gia cuộc họp Zoom\n\nID cuộc họp: {Z}\nMật mã: Ab3xK9",
    "id": f"Bergabung ke Rapat Zoom\n\nID Rapat: {Z}\nKode Sandi: Ab3xK9",
    "zh-TW": f"加入 Zoom 會議\n\n會議 ID：{Z}\n密碼：Ab3xK9",
    "ja, both in one line": f"Zoom ミーティングID／パスコード：{Z}／Ab3xK9",
    "zh, both in one line": f"Zoom 会议号/密码：{Z} / Ab3xK9",
    "ko, both in one line": f"Zoom 회의 ID / 비밀번호 : {Z} / Ab3xK9",
    "points": f"Zoom\nMeeting-ID: {Z.replace(' ', '.')}\nKenncode: Ab3xK9",
    "dash": f"Zoom\nMeeting ID - {Z}\nPasscode: Ab3xK9",
    "named escapes": f"R&eacute;union Zoom<br>ID de r&eacute;union : {Z}<br>Code d&rsquo;acc&egrave;s : Ab3xK9",
    "HTML": f"<p>Zoom</p><p>ID de réunion : <b>{Z} </b><br> Code secret : <b> Ab3xK9</b></p>",
    "Markdown": f"**Zoom**\n- **Meeting-ID:** {Z}\n- **Kenncode:** *Ab3xK9*",
}
TEAMS = {
    "de": f"Microsoft Teams-Besprechung\nBesprechungs-ID: {T}\nPasscode: Xy7Zw9",
    "de, other": f"Microsoft Teams Benötigen Sie Hilfe?\nBesprechungs-ID: {T} Kennung: Xy7Zw9",
    "fr": f"Réunion Microsoft Teams\nID de la réunion : {T}\nCode secret : Xy7Zw9",
    "fr, new": f"Réunion Microsoft Teams\nID de réunion : {T}\nCode secret : Xy7Zw9",
    "es": f"Reunión de Microsoft Teams\nId. de reunión: {T}\nCódigo de acceso: Xy7Zw9",
    "pt": f"Reunião do Microsoft Teams\nID da Reunião: {T}\nSenha: Xy7Zw9",
    "pt, Portugal": f"Reunião do Microsoft Teams\nID da Reunião: {T}\nCódigo secreto: Xy7Zw9",
    "en, answered": f"> Microsoft Teams\n> Meeting ID\n> {T}\n> Passcode\n> Xy7Zw9\n> Dial in",
    "it": f"Riunione di Microsoft Teams\nID riunione: {T}\nPasscode: Xy7Zw9",
    "nl": f"Microsoft Teams-vergadering\nVergadering-id: {T}\nWachtwoordcode: Xy7Zw9",
    "ja": f"Microsoft Teams 会議\n会議 ID: {T}\nパスコード: Xy7Zw9",
    "ko": f"Microsoft Teams 모임\n모임 ID: {T}\n암호: Xy7Zw9",
    "ru": f"Собрание Microsoft Teams\nИдентификатор собрания: {T}\nСекретный код: Xy7Zw9",
    "pl": f"Spotkanie w Microsoft Teams\nIdentyfikator spotkania: {T}\nKod dostępu: Xy7Zw9",
    "zh-TW, out of HTML": f"Microsoft Teams\n\n會議\n\n\n會議識別碼\n:\n\n {T}\n\n\n密碼\n:\n\nXy7Zw9\n\n\n需要協助嗎\n?",
    "en, two lines each, remark": f"Teams\nMeeting ID\n{T}\nPasscode\nXy7Zw9 (mind capitals)",
    "en, other ends of lines": f"Microsoft Teams\rMeeting\rID: {T}\r\r\nPasscode: Xy7Zw9",
    "en, two lines each": f"Microsoft Teams\nMeeting ID\n{T}\nPasscode\nXy7Zw9\nDial in",
    "zh-TW": f"Microsoft Teams 會議\n會議識別碼: {T}\n密碼: Xy7Zw9",
}
LINK = "https://acme.webex.com/acme/j.php?MTID=m0123456789abcdef0123456789abcdef"
WEBEX = {
    "en": f"{LINK}\nMeeting number (access code): {W}\nMeeting password: Ab3dE5 (22334455 from phones)",
    "en, webinar": f"{LINK}\nWebinar number: {W}\nWebinar password: Ab3dE5",
    "en, glued": f"Webex Meeting number (access code): {W}\n- Password:Ab3dE5\n- Password if joining from a phone: 79738978\n{LINK}",
    "de": f"{LINK}\nMeeting-Kennnummer (Zugriffscode): {W}\nMeeting-Passwort: Ab3dE5\nPasswort für Telefon- und Videosysteme: 98476838",
    "de, access code": "https://acme.webex.com/meet/wang.fang\nZugriffscode: 25123456789\nPasswort: Ab3dE5",
    "de, Exchange": f"{LINK}\n\nBesprechungs-ID: 25123456789\nPasswort: Ab3dE5",
    "fr": f"{LINK}\nNuméro de la réunion (code d'accès) : {W}\nMot de passe de la réunion : Ab3dE5",
    "es": f"{LINK}\nNúmero de la reunión (código de acceso): {W}\nContraseña de la reunión: Ab3dE5",
    "de, older": f"{LINK}\nMeeting-Kennnummer (Zugriffscode): {W}\nPasswort für das Meeting: Ab3dE5",
    "fr, older": f"{LINK}\nNuméro de réunion (code d’accès) : {W}\nMot de passe de réunion : Ab3dE5",
    "es, older": f"{LINK}\nNúmero de reunión (código de acceso): {W}\nContraseña de reunión: Ab3dE5",
    "pt": f"{LINK}\nNúmero da reunião (código de acesso): {W}\nSenha da reunião: Ab3dE5",
    "it": f"{LINK}\nNumero riunione (codice di accesso): {W}\nPassword riunione: Ab3dE5",
    "ja": f"{LINK}\nミーティング番号 (アクセスコード): {W}\nミーティングパスワード: Ab3dE5",
    "ko": f"{LINK}\n미팅 번호(액세스 코드): {W}\n미팅 비밀번호: Ab3dE5",
    "ru": f"{LINK}\nНомер совещания (код доступа): {W}\nПароль совещания: Ab3dE5",
    "zh": f"{LINK}\n会议号（访问码）：{W}\n会议密码：Ab3dE5",
}
GOTO = {
    "en": "Please join my meeting.\nhttps://meet.goto.com/123456789\nAccess Code: 123-456-789",
    "de": "GoTo Meeting\nZugangscode: 123-456-789",
    "fr": "GoToMeeting\nCode d'accès : 123-456-789",
    "es": "GoToMeeting\nCódigo de acceso: 123-456-789",
    "it": "GoToMeeting\nCodice accesso: 123-456-789",
    "pt": "GoToMeeting\nCódigo de acesso: 123-456-789",
}
TENCENT = {
    "en": "Tencent Meeting\nMeeting ID: 123-456-789\nPasscode: 6543",
    "ja": "VooV Meeting\n会議ID：123-456-789\nパスコード：6543",
    "ko": "VooV Meeting\n회의 ID: 123-456-789\n암호: 6543",
    "fr": "VooV Meeting\nID de réunion : 123-456-789\nCode secret : 6543",
    "zh-TW": "騰訊會議\n會議號：123-456-789\n入會密碼：6543",
    "zh, in brackets": "【腾讯会议】123-456-789，密码：6543",
    "hash": "#TencentMeeting：123-456-789\nPasscode: 6543",
}
ALL = [
    *(("zoom", "81234567890", "Ab3xK9", text) for text in ZOOM.values()),
    *(("teams", "21234567890123", "Xy7Zw9", text) for text in TEAMS.values()),
    *(("webex", "25123456789", "Ab3dE5", text) for text in WEBEX.values()),
    *(("goto", "123456789", None, text) for text in GOTO.values()),
    *(("tencent", "123456789", "6543", text) for text in TENCENT.values()),
]


@pytest.mark.parametrize(("platform", "number", "passcode", "text"), ALL)
def test_an_invitation_is_read_in_the_language_it_is_written_in(
    platform: str, number: str, passcode: str | None, text: str
):
    reading = read(text, PLATFORMS)
    assert (reading.platform, reading.meeting_id, reading.passcode) == (platform, number, passcode)


@pytest.mark.parametrize("text", [*ZOOM.values(), *TEAMS.values()])
def test_the_link_beside_it_gets_the_printed_passcode(text: str):
    zoom = "zoom" in text.lower()
    link = (
        "https://zoom.us/j/81234567890"
        if zoom
        else "https://teams.microsoft.com/meet/21234567890123"
    )
    reading = read(f"{link}\n\n{text}", PLATFORMS)
    assert reading.launch
    assert reading.passcode == ("Ab3xK9" if zoom else "Xy7Zw9")


@pytest.mark.parametrize(
    "text",
    [
        # what is told on a telephone is no meeting's number
        "Microsoft Teams\nTelefonkonferenz-ID: 559 727 062#",
        "Microsoft Teams\nID de conférence téléphonique : 559 727 062#",
        "Microsoft Teams 会議\n電話会議 ID: 559 727 062#",
        "Microsoft Teams 모임\n전화 회의 ID: 559 727 062#",
        "Zoom\n회의 ID: 559 727 062#",
        "Zoom 한 번 터치: +82215770100,,81234567890#",
        # a label with another thing behind it
        "Zoom\nID de réunion : à venir",
        "Zoom\nNúmero da reunião: 3ª",
        "Teams\nИдентификатор собрания: 12",
        "Zoom\nID da reunião (12)\n123 456",
        # a word that only ends like a label
        "Zoom, Unikenncode: 812 3456 7890",
        # whose ID it is, the word before says
        "Invoice ID: 812 3456 7890",
        # no platform, and a spacing that many have
        "Идентификатор встречи: 123456",
    ],
)
def test_what_stands_beside_a_number_in_an_invitation_is_none(text: str):
    reading = read(text, PLATFORMS)
    assert reading.meeting_id is None
    assert reading.launch is None


@pytest.mark.parametrize(
    "line",
    [
        "Passwort: siehe unten",
        "Passwort für Telefon- und Videosysteme: 98476838",
        "Code secret : aucun",
        "Contraseña: ninguna",
        "Senha: nenhuma",
        "Hasło: brak",
        "パスコード：なし",
        "비밀번호: 없음",
        "Код доступа: нет",
        "Clave de acceso:\nUna hora antes",
        "Kenncode vergessen? 123",
        "Kenncode und Meeting-ID / Kenncode: 812 3456 7890",
        "Password - protected",
        "Passcode:\nRoom3 is on the left",
        "Passcode\nAgenda",
        "Passcode:\n2nd floor",
        "Meeting Password: (This meeting does not require a password.)",
        "Password: this meeting has none",
        "会议密码：812 3456 7890",
        "Host key: 123456",
    ],
)
def test_where_no_passcode_is_told_none_is_read(line: str):
    assert read(f"https://zoom.us/j/81234567890\n{line}", PLATFORMS).passcode is None


@pytest.mark.parametrize(
    "text",
    [
        "ID de réunion : 123 456 789",
        "회의 ID: 123 456 789",
        "Идентификатор конференции: 123 456 789",
    ],
)
def test_a_number_that_may_be_several_platforms_stays_ambiguous(text: str):
    assert read(text, PLATFORMS).refused == "ambiguous"


def test_of_two_meetings_in_two_languages_neither_gets_the_others_passcode():
    text = "Zoom\nMeeting-ID: 812 3456 7890\n\nMicrosoft Teams\nID de réunion : 212 345 678 901\nCode secret : Xy7Zw9"
    reading = read(text, PLATFORMS)
    assert (reading.platform, reading.passcode) == ("zoom", None)


@pytest.mark.parametrize(
    ("text", "passcode"),
    [
        (f"Zoom\nID: {Z}\nCode: 123456", "123456"),
        (f"Zoom ID: {Z}, Código: 123456", "123456"),
        (f"Идентификатор Zoom: {Z}\nКод: 123456", "123456"),
        (f"Zoom ID: {Z} – Code : 123456", "123456"),
        (f"Zoom ID: {Z}\nDress code: 1234", None),
        (f"Zoom ID: {Z}\nCode: github.com/acme", None),
        (f"Zoom ID: {Z}\nQR code: 123456", None),
        (f"Zoom Meeting code: {Z}", None),
    ],
)
def test_a_code_is_a_passcode_where_a_line_or_a_part_of_one_begins_with_it(
    text: str, passcode: str | None
):
    reading = read(text, PLATFORMS)
    assert (reading.meeting_id, reading.passcode) == ("81234567890", passcode)


def test_an_address_to_dial_gets_the_printed_passcode():
    text = "Dial 25123456789@acme.webex.com\nMeeting password: Ab3dE5"
    assert read(text, PLATFORMS).passcode == "Ab3dE5"
