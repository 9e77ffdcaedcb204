"""How mail programs and people begin quotes, close letters and warn of the law, by language.

Patterns over one line; each is anchored and free of nested repetition, for the lines are anybody's.
"""

import re

_I = re.IGNORECASE

DELIMITER = re.compile(r"--[ \u00a0]?\r?")
"""The line above a signature (RFC 3676 section 4.3), also without the space it should have."""

RULE = re.compile(r"\s*(?:[-_=*~#\u2013\u2014\u2500-\u257f]\s?){5,}\s*")

_FIELD = r"[\s*>]{{0,4}}(?:{})[\s*\u00a0]{{0,3}}[:：]"


def _field(names: str) -> re.Pattern[str]:
    return re.compile(_FIELD.format(names), _I)


FROM = _field(
    "From|Von|De|Da|Van|Från|Fra|Lähettäjä|Od|Feladó|Gönderen|От|Від|发件人|寄件者|差出人|보낸 사람"
)
SENT = _field(
    "Sent|Date|Gesendet|Gesendet am|Datum|Envoyé|Envoyé le|Enviado|Enviado el|Fecha|Inviato|Data"
    "|Verzonden|Skickat|Sendt|Dato|Lähetetty|Wysłano|Odesláno|Elküldve|Gönderilme|Отправлено|Дата"
    "|Надіслано|发送时间|日期|送信日時|日時|보낸 날짜"
)
TO = _field(
    "To|An|À|A|Para|Aan|Till|Til|Vastaanottaja|Do|Komu|Címzett|Kime|Кому|收件人|宛先|받는 사람"
)
SUBJECT = _field(
    "Subject|Betreff|Objet|Asunto|Oggetto|Onderwerp|Ämne|Emne|Aihe|Temat|Předmět|Tárgy|Konu"
    "|Assunto|Тема|主题|主旨|件名|제목"
)

ORIGINAL = re.compile(
    r"[\s>]{0,4}-{2,}\s?(?:Original (?:Message|Appointment)|Ursprüngliche (?:Nachricht|Mail)"
    r"|Originalnachricht|Message d[’']origine|Message original|Mensaje original"
    r"|Messaggio originale|Oorspronkelijk bericht|Ursprungligt meddelande|Opprinnelig melding"
    r"|Oprindelig meddelelse|Alkuperäinen viesti|Wiadomość oryginalna|Původní zpráva"
    r"|Mensagem original|Исходное сообщение|原始邮件|元のメッセージ)\s?-{2,}",
    _I,
)
FORWARDED = re.compile(
    r"[\s>]{0,4}(?:-{2,}\s?)?(?:Begin forwarded message|Forwarded (?:message|by)"
    r"|Anfang der weitergeleiteten (?:Nachricht|E-Mail)|Weitergeleitete (?:Nachricht|Mail)"
    r"|Weitergeleitet von|Début du message (?:réexpédié|transféré)|Message transféré"
    r"|Mensaje reenviado|Inicio del mensaje reenviado|Messaggio inoltrato"
    r"|Inizio messaggio inoltrato|Doorgestuurd bericht|Begin doorgestuurd bericht"
    r"|Vidarebefordrat meddelande|Videresendt melding|Mensagem encaminhada"
    r"|Treść przekazanej wiadomości|Пересылаемое сообщение|转发的邮件)",
    _I,
)
FORWARD_SUBJECT = re.compile(r"\s*(?:fwd?|wg|tr|rv|enc|i|doorst|vs|vb|pd|пер|转发)\s*[:：]", _I)

BEGINS_ATTRIBUTION = re.compile(
    r"\s{0,8}(?:-{2,} )?(?:On|Am|Le|El|Il|Op|Den|Em|Dnia|W dniu|Dne|At|Quoting|Zitat von)\s.*\d", _I
)
ATTRIBUTION = re.compile(
    r"\s{0,8}(?=.{0,400}$)\S.*\b(?:wrote|writes|schrieb|schreef|skrev|skreiv|escribió|escreveu"
    r"|ha scritto|a écrit|napisał(?:\(a\)|a)?|napsal(?:\(a\)|a)?|написал(?:\(а\)|а)?|пишет|yazdı"
    r"|kirjoitti)\b.{0,60}[:：]\s*",
    _I,
)

_CLOSING = re.compile(
    r"(?:(?:with )?(?:kind|best|warm|many)(?:est)? (?:regards|wishes)|regards|sincerely(?: yours)?"
    r"|yours (?:sincerely|faithfully|truly)|best|cheers|thanks|thank you|many thanks"
    r"|(?:mit )?(?:freundlichen|freundlichem|besten|herzlichen|vielen|lieben|schönen)"
    r" gr(?:u|ü|ue)(?:ß|ss)e?n?"
    r"|(?:freundliche|beste|herzliche|viele|liebe|schöne) gr(?:ü|ue)(?:ß|ss)e"
    r"|hochachtungsvoll|mfg|lg"
    r"|(?:bien )?cordialement|(?:sincères )?salutations(?: distinguées)?|bien à vous"
    r"|(?:un )?saludos?(?: cordiales)?|atentamente|cordiali saluti|distinti saluti|cordialmente"
    r"|met vriendelijke groeten?|(?:med )?vänliga hälsningar|(?:med )?vennlig hilsen"
    r"|med venlig hilsen"
    r"|z poważaniem|pozdrawiam|s pozdravem|с уважением|atenciosamente)\b.{0,30}",
    _I,
)


def closes(line: str) -> bool:
    """Whether a line is the closing phrase of a letter."""
    return len(line) < 80 and _CLOSING.fullmatch(line.strip()) is not None


SENT_FROM = re.compile(
    r"\s*(?:Sent from (?:my|Mail|Outlook|Yahoo|the)|Get Outlook for|Von meinem|Gesendet (?:von|mit)"
    r"|Envoyé (?:de|depuis)|Enviado (?:desde|do)|Inviato da|Verzonden (?:vanaf|met|vanuit)"
    r"|Skickat från|Sendt fra|Wysłane z|Отправлено с|Diese Nachricht wurde von meinem)\b",
    _I,
)

NOTICE = re.compile(
    r"\W{0,6}(?:"
    r"(?:this|the) (?:e-?mail|message|communication|transmission|electronic mail|fax)\b.{0,160}"
    r"\b(?:confidential|privileged|intended|disclaimer)"
    r"|(?:the )?(?:information|contents?) (?:contained )?(?:in|of|transmitted).{0,60}"
    r"\b(?:e-?mail|message|communication|transmission)\b.{0,160}\b(?:confidential|privileged|intended)"
    r"|(?:confidentiality|legal|privacy|important|hipaa) (?:notice|disclaimer|notification)\b"
    r"|disclaimer\b"
    r"|if you (?:are not|have received) th(?:e|is)\b.{0,60}(?:recipient|error|message|e-?mail)"
    r"|(?:please|p) (?:consider|think).{0,40}environment"
    r"|(?:diese|die in dieser|der inhalt dieser) (?:e-?mail|nachricht)\b.{0,200}"
    r"\b(?:vertraulich|ausschlie(?:ß|ss)lich|bestimmt)"
    r"|vertraulichkeitshinweis|haftungsausschluss|wichtiger hinweis|(?:denken|bitte) .{0,40}umwelt"
    r"|(?:ce|cet|le présent|les informations contenues dans ce) "
    r"(?:message|courriel|e-?mail|courrier électronique)\b.{0,200}\b(?:confidentiel|destin|exclusi)"
    r"|avis de confidentialité|clause de non-responsabilité"
    r"|(?:pensez|avant d[’']imprimer).{0,60}environnement"
    r"|(?:este|esta) (?:mensaje|correo|mensagem|e-?mail)\b.{0,200}\bconfidencia"
    r"|aviso (?:legal|de confidencialidad)"
    r"|(?:questo|il presente) (?:messaggio|e-?mail)\b.{0,200}\b(?:riservat|confidenzial)"
    r"|dit (?:bericht|e-?mailbericht)\b.{0,200}\b(?:vertrouwelijk|bestemd)"
    r")",
    _I,
)
"""The beginning of a legal notice; to be matched against the block's words on one line."""
