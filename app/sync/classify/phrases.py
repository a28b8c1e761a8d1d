"""Words by which machines give themselves away, in the languages people are absent in."""

import re

# Subject prefixes that only programs write; they stand at the very start.
_ANSWERED = (
    r"automatic reply|auto(?:matic)?[ -]?(?:reply|response)|autoreply|"
    r"vacation (?:reply|response|notice)|automatische (?:antwort|reactie)|abwesenheits|"
    r"réponse automatique|absence du bureau|absent du bureau|message d.absence|"
    r"respuesta automática|risposta automatica|resposta automática|ausência temporária|"
    r"automatyczna odpowiedź|odpowiedź automatyczna|autosvar|automatiskt svar|automatisk svar|"
    r"automaattinen vastaus|poissaoloilmoitus|automatická odpověď|"
    r"автоматический ответ|автоответ|отсутствие на рабочем|"
    r"otomatik (?:yanıt|cevap)|αυτόματη απάντηση|automatikus válasz|răspuns automat|"
    r"自動返信|自動応答|不在|自动回复|自動回覆|外出|부재중|자동 ?회신"
)
# These a person may begin with too ("Out of office next week, shall we talk before?"), so they
# count where they end the subject, or where the old subject or a day follows.
_AWAY = (
    r"out of (?:the )?office|ooo|away from (?:the |my )?(?:office|desk)|on vacation|abwesend|"
    r"ich bin (?:nicht im (?:büro|haus)|außer haus)|fuera de (?:la )?oficina|"
    r"fuori (?:sede|ufficio)|fora do escritório|afwezig|buiten kantoor|poza biurem|nieobecność|"
    r"frånvaro|fravær|ikke på kontoret|mimo kancelář|нет на месте|ofis dışında"
)
_FOLLOWED_BY = (
    r"\W*$|\s*[:：\-–—(\[|/]|\s+(?:re|aw|fwd?)\b|"
    r"\s+(?:until|till|from|through|bis|vom|ab|jusqu|du|hasta|del|fino|dal|até|de|tot|van|do|od|"
    r"till|til|fra|från|до|с)\W"
)
AUTO_SUBJECT = re.compile(
    rf"^\W{{0,3}}(?:{_ANSWERED}|(?:{_AWAY})(?:{_FOLLOWED_BY}))",
    re.I,
)
OOO_SUBJECT = re.compile(
    r"out of (?:the )?office|\booo\b|vacation|away from|holiday|annual leave|abwesen|urlaub|"
    r"absence|absent|congé|fuera de|vacaciones|ausen|fuori (?:sede|ufficio)|assen|ferie|férias|"
    r"fora do|afwezig|buiten kantoor|vakantie|poza biurem|nieobec|urlop|frånvaro|fravær|"
    r"ikke på kontoret|poissa|mimo kancelář|dovolen|отсутств|отпуск|ofis dışında|izin|不在|休暇|"
    r"休假|外出|부재|휴가",
    re.I,
)
# In the text of a mail already known to be automatic, these say that a person is away.
OOO_TEXT = re.compile(
    r"out of (?:the |my )?office|(?:am|be|is|are|currently|'m) away|on (?:\w+ )?(?:leave|vacation|"
    r"holiday)|on holidays|annual leave|parental leave|maternity leave|limited access to|"
    r"travell?ing|(?:be |am )?back (?:in the office|on|at|\d)|(?:i )?(?:will )?return(?:ing)? (?:on|to)|"
    r"nicht im (?:büro|haus)|abwesen|(?:im|in) urlaub|in elternzeit|wieder (?:im büro|erreichbar|da|"
    r"für sie)|außer haus|nicht erreichbar|"
    r"absente?\b|en (?:congés?|vacances|déplacement)|de retour|hors du bureau|"
    r"fuera de (?:la )?oficina|de vacaciones|ausente|de permiso|volver[ée]|regres|"
    r"fuori (?:sede|ufficio)|in ferie|assente|rientr|torner[òo]|"
    r"fora do escritório|de férias|retorn|regress|"
    r"afwezig|niet aanwezig|op vakantie|met (?:vakantie|verlof)|weer (?:aanwezig|bereikbaar)|"
    r"poza biurem|na urlopie|nieobecn|wracam|wrócę|"
    r"inte på (?:kontoret|plats)|på semester|föräldraledig|åter (?:den|på)|tillbaka|"
    r"ikke på kontoret|på ferie|tilbage|tilbake|lomalla|poissa|palaan|"
    r"mimo kancelář|na dovolené|vrátím|в отпуске|отсутств|вернусь|буду на месте|"
    r"izindeyim|ofis dışında|döneceğim|szabadságon|不在|休暇|休み|戻|休假|外出|返回|부재|휴가|복귀",
    re.I,
)
LEFT_COMPANY = re.compile(
    r"no longer (?:works?|working|with|employed|at|part of)|(?:has|have) left (?:the company|our|us)|"
    r"is not with (?:us|the company) any ?more|nicht mehr (?:bei|für|im unternehmen|in unserem)|"
    r"das unternehmen verlassen|aus dem unternehmen ausgeschieden|ne fait plus partie|"
    r"a quitté (?:la société|l.entreprise)|ne travaille plus|ya no (?:trabaja|forma parte)|"
    r"non lavora più|non fa più parte|não trabalha mais|já não trabalha|niet (?:meer|langer) "
    r"(?:werkzaam|in dienst)|nie pracuje już|już nie pracuje|arbetar inte längre|slutat|"
    r"больше не работает|退職|离职",
    re.I,
)
