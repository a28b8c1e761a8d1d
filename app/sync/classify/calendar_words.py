"""Names of months, weekdays and spans of time in the languages of away notes. Tables only."""

_MONTHS = {
    1: "january jan januar jänner janvier janv enero ene gennaio gen janeiro januari stycznia "
    "styczeń tammikuuta ledna января янв ocak ιανουαρίου január ianuarie",
    2: "february feb februar février févr fevr febrero febbraio fevereiro fev februari lutego luty "
    "helmikuuta února февраля фев şubat február februarie",
    3: "march mar märz mrz mars marzo março maart marca marzec maaliskuuta března марта март mart "
    "március martie",
    4: "april apr avril avr abril abr aprile kwietnia kwiecień huhtikuuta dubna апреля апр nisan "
    "április aprilie",
    5: "may mai mayo maggio mag maio mei maja maj toukokuuta května мая май mayıs május",
    6: "june jun juni juin junio giugno giu junho czerwca czerwiec kesäkuuta června июня июн "
    "haziran június iunie",
    7: "july jul juli juillet juil julio luglio lug julho lipca lipiec heinäkuuta července июля "
    "июл temmuz július iulie",
    8: "august aug août aout agosto ago augustus sierpnia sierpień augusti elokuuta srpna августа "
    "авг ağustos augusztus",
    9: "september sep sept septembre septiembre settembre set setembro września wrzesień syyskuuta "
    "září сентября сен eylül szeptember septembrie",
    10: "october oct oktober okt octobre octubre ottobre ott outubro out października październik "
    "lokakuuta října октября окт ekim október octombrie",
    11: "november nov novembre noviembre novembro listopada listopad marraskuuta ноября ноя kasım "
    "noiembrie",
    12: "december dec dezember dez décembre déc decembre diciembre dic dicembre dezembro grudnia "
    "grudzień joulukuuta prosince декабря дек aralık decembrie",
}
_WEEKDAYS = {
    0: "monday mon montag lundi lunes lunedì lunedi segunda maandag poniedziałek måndag mandag "
    "maanantaina pondělí понедельник pazartesi 月曜 星期一 周一 월요일",
    1: "tuesday tue dienstag mardi martes martedì martedi terça dinsdag wtorek tisdag tirsdag "
    "tiistaina úterý вторник salı 火曜 星期二 周二 화요일",
    2: "wednesday wed mittwoch mercredi miércoles miercoles mercoledì mercoledi quarta woensdag "
    "środę środa onsdag keskiviikkona středu среду среда çarşamba 水曜 星期三 周三 수요일",
    3: "thursday thu donnerstag jeudi jueves giovedì giovedi quinta donderdag czwartek torsdag "
    "torstaina čtvrtek четверг perşembe 木曜 星期四 周四 목요일",
    4: "friday fri freitag vendredi viernes venerdì venerdi sexta vrijdag piątek fredag "
    "perjantaina pátek пятницу пятница cuma 金曜 星期五 周五 금요일",
    5: "saturday sat samstag sonnabend samedi sábado sabato zaterdag sobotę sobota lördag lørdag "
    "lauantaina sobotu субботу cumartesi 土曜 星期六 周六 토요일",
    6: "sunday sun sonntag dimanche domingo domenica zondag niedzielę niedziela söndag søndag "
    "sunnuntaina neděli воскресенье pazar 日曜 星期日 周日 일요일",
}
# "mar" and "mag" and the like are only trusted with a number beside them, which dates have.
MONTHS = {word: number for number, words in _MONTHS.items() for word in words.split()}
WEEKDAYS = {word: number for number, words in _WEEKDAYS.items() for word in words.split()}
NUMBERS = {
    word: number
    for number, words in {
        1: "one a an ein eine einer einem einen un une uno una um uma een jeden jedną jednego en "
        "ett et один одну bir",
        2: "two zwei deux dos due dois duas twee dwa dwie två to два две iki",
        3: "three drei trois tres tre três drie trzy три üç",
        4: "four vier quatre cuatro quattro quatro cztery fyra fire четыре dört",
        5: "five fünf cinq cinco cinque vijf pięć fem пять beş",
        6: "six sechs seis sei zes sześć sex seks шесть altı",
        10: "ten zehn dix diez dieci dez tien dziesięć tio ti десять on",
    }.items()
    for word in words.split()
}
UNITS = {
    word: days
    for days, words in {
        1: "day days tag tage tagen jour jours día dias días giorno giorni dia dag dagen dni dzień "
        "dagar dage dager день дня дней gün",
        7: "week weeks woche wochen semaine semaines semana semanas settimana settimane weken "
        "tydzień tygodnie tygodni vecka veckor uge uger uke uker неделю недели недель hafta",
        30: "month months monat monate monaten mois mes meses mese mesi mês maand maanden miesiąc "
        "miesiące månad månader måned måneder месяц месяца ay",
    }.items()
    for word in words.split()
}
TOMORROW = "tomorrow|morgen|demain|mañana|domani|amanhã|jutro|imorgon|i morgon|i morgen|zítra|завтра|yarın|明日|明天|내일"
NEXT_WEEK = (
    "next week|nächste woche|nächster woche|la semaine prochaine|semaine prochaine|la próxima "
    "semana|próxima semana|la settimana prossima|settimana prossima|na próxima semana|volgende "
    "week|w przyszłym tygodniu|nästa vecka|næste uge|neste uke|příští týden|на следующей неделе|"
    "gelecek hafta|来週|下周|다음 ?주"
)
