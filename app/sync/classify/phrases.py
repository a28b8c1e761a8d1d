"""Words by which machines give themselves away, in the languages people are absent in."""

import re

# Subject prefixes that only programs write; they stand at the very start.
AUTO_SUBJECT = re.compile(
    r"^\W{0,3}(?:automatic reply|auto(?:matic)?[ -]?(?:reply|response)|autoreply|"
    r"out of (?:the )?office|ooo\b|vacation (?:reply|response|notice)|away from|on vacation|"
    r"automatische (?:antwort|reactie)|abwesenheits|abwesend\b|ich bin (?:nicht im|außer) |"
    r"réponse automatique|absence du bureau|absent du bureau|message d.absence|"
    r"respuesta automática|fuera de (?:la )?oficina|risposta automatica|fuori (?:sede|ufficio)|"
    r"resposta automática|fora do escritório|ausência temporária|afwezig|buiten kantoor|"
    r"automatyczna odpowiedź|odpowiedź automatyczna|poza biurem|nieobecność|"
    r"autosvar|automatiskt svar|automatisk svar|frånvaro|fravær|ikke på kontoret|"
    r"automaattinen vastaus|poissaoloilmoitus|automatická odpověď|mimo kancelář|"
    r"автоматический ответ|автоответ|отсутствие на рабочем|нет на месте|"
    r"otomatik (?:yanıt|cevap)|ofis dışında|αυτόματη απάντηση|automatikus válasz|răspuns automat|"
    r"自動返信|自動応答|不在|自动回复|自動回覆|外出|부재중|자동 ?회신)",
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
    r"travell?ing|(?:be |am )?back (?:in the office|on|at)|(?:i )?(?:will )?return(?:ing)? (?:on|to)|"
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
