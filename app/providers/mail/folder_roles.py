"""What a folder is for: by the server's own marks, else by its name in many languages. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from app.providers.mail.base import FolderRole, RemoteFolder

# RFC 6154, and the older marks of Gmail's XLIST.
_MARKS = {
    "\\inbox": FolderRole.INBOX,
    "\\sent": FolderRole.SENT,
    "\\drafts": FolderRole.DRAFTS,
    "\\archive": FolderRole.ARCHIVE,
    "\\junk": FolderRole.JUNK,
    "\\spam": FolderRole.JUNK,
    "\\trash": FolderRole.TRASH,
    "\\all": FolderRole.ALL,
    "\\allmail": FolderRole.ALL,
}

_NAMES = {
    FolderRole.SENT: """
        sent; sent items; sent mail; sent messages; sent e-mails; outgoing
        gesendet; gesendete; gesendete objekte; gesendete elemente; gesendete nachrichten
        envoyés; messages envoyés; éléments envoyés; courrier envoyé; objets envoyés
        enviados; elementos enviados; mensajes enviados; correo enviado; enviadas
        itens enviados; mensagens enviadas; e-mails enviados
        inviata; inviati; posta inviata; messaggi inviati; elementi inviati
        verzonden; verzonden items; verzonden berichten; verzonden objecten
        skickat; skickade; skickade objekt; skickade meddelanden; sendt; sendte; sendt post;
        sendte elementer; sendte meldinger; lähetetyt; lähetetyt viestit; sendir hlutir
        wysłane; elementy wysłane; wysłane elementy; odeslané; odeslaná pošta; odoslané;
        odoslaná pošta; elküldött; elküldött elemek; elküldött üzenetek; trimise; mesaje trimise
        poslano; poslane poruke; poslana pošta; saadetud; nosūtītie; išsiųsti
        отправленные; исходящие; отправлено; надіслані; відправлені; изпратени; послато
        απεσταλμένα; gönderilmiş; gönderilmiş öğeler; gönderilen; gönderilenler
        已发送; 已发送邮件; 已傳送; 寄件備份; 寄件匣; 送信済み; 送信済みメール; 送信済みアイテム
        보낸편지함; 보낸 메일함; 보낸 편지함; đã gửi; thư đã gửi; terkirim; จดหมายที่ส่งแล้ว
        المرسلة; البريد المرسل; העברו; פריטים שנשלחו; דואר יוצא
    """,
    FolderRole.DRAFTS: """
        drafts; draft; entwürfe; entwurf; brouillons; borradores; borrador; rascunhos; bozze
        concepten; utkast; kladder; luonnokset; szkice; kopie robocze; wersje robocze; koncepty
        rozepsané; piszkozatok; ciorne; nacrti; skice; mustandid; melnraksti; juodraščiai
        черновики; чернетки; чернови; πρόχειρα; taslaklar; 草稿; 草稿箱; 草稿匣; 下書き
        임시보관함; 임시 보관함; thư nháp; draf; ร่าง; المسودات; טיוטות
    """,
    FolderRole.JUNK: """
        junk; spam; junk mail; junk e-mail; junk email; bulk mail; bulk; spamverdacht
        spam verdacht; werbung; unerwünscht; courrier indésirable; indésirables; pourriel
        correo no deseado; no deseado; lixo eletrônico; lixo electrónico; lixo; posta indesiderata
        indesiderata; ongewenst; ongewenste e-mail; ongewenste reclame; skräppost; uønsket
        uønsket e-post; søppelpost; roskaposti; wiadomości-śmieci; niechciane; nevyžádaná pošta
        nevyžiadaná pošta; levélszemét; nedorite; neželena pošta; rämpspost; mēstules
        спам; нежелательная почта; небажана пошта; ανεπιθύμητα; önemsiz; önemsiz e-posta; gereksiz
        垃圾邮件; 垃圾郵件; 垃圾箱; 迷惑メール; 스팸; 스팸메일함; 정크 메일; thư rác; สแปม
        البريد غير الهام; דואר זבל
    """,
    FolderRole.TRASH: """
        trash; deleted; deleted items; deleted messages; deleted mail; bin; papierkorb; gelöscht
        gelöschte objekte; gelöschte elemente; gelöschte nachrichten; corbeille; éléments supprimés
        messages supprimés; papelera; elementos eliminados; eliminados; lixeira; itens excluídos
        itens eliminados; cestino; posta eliminata; eliminata; prullenbak; verwijderd
        verwijderde items; papperskorg; papperskorgen; borttaget; papirkurv; slettet
        slettede elementer; roskakori; poistetut; kosz; elementy usunięte; koš; odstraněná pošta
        kôš; odstránená pošta; kuka; lomtár; törölt elemek; coș de gunoi; gunoi; otpad; koš za smeće
        smeti; prügikast; atkritne; šiukšlinė; корзина; удаленные; удалённые; кошик; видалені
        кошче; κάδος; κάδος απορριμμάτων; çöp; çöp kutusu; silinmiş öğeler; 已删除; 已删除邮件
        垃圾桶; 刪除的郵件; ゴミ箱; 削除済み; 削除済みアイテム; 휴지통; 지운 편지함; thùng rác; sampah
        ถังขยะ; المهملات; العناصر المحذوفة; אשפה
    """,
    FolderRole.ARCHIVE: """
        archive; archives; archiv; archivo; archivio; arquivo; arquivo morto; archief; arkiv
        arkisto; archiwum; archív; archivace; archívum; arhivă; arhiva; архив; архів; αρχείο; arşiv
        存档; 归档; 封存; アーカイブ; 보관함; lưu trữ; arsip; أرشيف; ארכיון
    """,
}
_ROLE_OF_NAME = {
    name.strip(): role
    for role, names in _NAMES.items()
    for name in re.split(r"[;\n]", names)
    if name.strip()
}
# Views of other folders: reading them would show every mail twice.
_VIEW_MARKS = {"\\flagged", "\\important"}


def mark_of(flags: Iterable[str]) -> FolderRole | None:
    """The role a server's own mark gives, None when it gives none."""
    return next((_MARKS[flag.lower()] for flag in flags if flag.lower() in _MARKS), None)


def is_view(flags: Iterable[str]) -> bool:
    """The folder only shows mail that lives elsewhere."""
    return any(flag.lower() in _VIEW_MARKS for flag in flags)


def role_of_name(name: str, delimiter: str) -> FolderRole:
    """The role by name alone. Looked for at the top, or right below INBOX or a provider's root."""
    if name.lower() == "inbox":
        return FolderRole.INBOX
    parts = name.split(delimiter) if delimiter else [name]
    if len(parts) > 2 or (len(parts) == 2 and not _is_root(parts[0])):
        return FolderRole.OTHER
    if len(parts) == 2 and parts[0].lower() == "[gmail]" and parts[1].lower() == "all mail":
        return FolderRole.ALL
    return _ROLE_OF_NAME.get(parts[-1].strip().lower(), FolderRole.OTHER)


def _is_root(name: str) -> bool:
    return name.lower() == "inbox" or (name.startswith("[") and name.endswith("]"))


def assign_roles(
    listed: Iterable[tuple[RemoteFolder, FolderRole | None]],
) -> tuple[RemoteFolder, ...]:
    """Give each role to one folder: a mark wins over a name, a short name over a long one."""
    folders = list(listed)
    taken: dict[FolderRole, str] = {}
    for folder, mark in folders:
        if mark is not None and folder.selectable:
            taken.setdefault(mark, folder.key)
    for folder, _ in sorted(folders, key=lambda item: len(item[0].name)):
        role = role_of_name(folder.name, folder.delimiter)
        if folder.selectable and role is not FolderRole.OTHER:
            taken.setdefault(role, folder.key)
    roles = {key: role for role, key in taken.items()}
    return tuple(
        replace(folder, role=roles.get(folder.key, FolderRole.OTHER)) for folder, _ in folders
    )
