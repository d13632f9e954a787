"""The Bot API's methods."""

import asyncio
from pathlib import Path

from fakes.base import digits
from fakes.phone import Shown
from fakes.platforms import telegram_shapes as shapes
from fakes.platforms.telegram_ground import BotGround, Given, Wrong, bad

METHODS = {
    name.lower(): name
    for name in (
        *(
            "getMe",
            "setWebhook",
            "deleteWebhook",
            "getWebhookInfo",
            "getUpdates",
            "sendMessage",
            "sendMediaGroup",
        ),
        *(
            "sendLocation",
            "sendVenue",
            "sendContact",
            "sendChatAction",
            "sendMessageDraft",
            "editMessageText",
        ),
        *("editMessageCaption", "deleteBusinessMessages", "readBusinessMessage"),
        *("editMessageReplyMarkup", "deleteMessage", "setMessageReaction", "answerCallbackQuery", "getFile"),
        *("getChat", "getUserProfilePhotos"),
    )
}


class BotApi(BotGround):
    """What is called; what the customer does is in `telegram`."""

    async def run(self, method: str, given: Given) -> object:
        word = method.lower()
        if name := METHODS.get(word):
            return await getattr(self, name)(given)
        field = next((field for field in shapes.FILES if f"send{field.replace('_', '')}" == word), None)
        if field is None:
            raise Wrong(404, "Not Found")
        return await self._send_file(field, given)

    async def getMe(self, given: Given) -> object:
        return {**self.me(), "can_join_groups": True, "can_read_all_group_messages": False}

    async def setWebhook(self, given: Given) -> object:
        self.hook = self._read(shapes.SetWebhook, given)
        if self.hook.url and not self.hook.url.startswith(
            ("https://", "http://127.0.0.1", "http://localhost")
        ):
            raise bad("bad webhook: An HTTPS URL must be provided for webhook")
        self.form.update(webhook=self.hook.url, secret=self.hook.secret_token)
        self.allowed = self.hook.allowed_updates or self.allowed
        waiting, self.updates = self.updates, []
        if not self.hook.drop_pending_updates:
            for update in waiting:
                self.push(update)
        return True

    async def deleteWebhook(self, given: Given) -> object:
        self.hook = shapes.SetWebhook(url="")
        self.form["webhook"] = ""
        if str(given.get("drop_pending_updates", "")).lower() in ("true", "1"):
            self.updates = []
        return True

    async def getWebhookInfo(self, given: Given) -> object:
        return {
            "url": self.form["webhook"],
            "has_custom_certificate": False,
            "pending_update_count": len(self.updates),
            "max_connections": self.hook.max_connections,
            "allowed_updates": self.allowed,
        } | ({"last_error_message": self.last_error} if self.last_error else {})

    async def getUpdates(self, given: Given) -> object:
        asked = self._read(shapes.GetUpdates, given)
        if self.form["webhook"]:
            raise Wrong(409, "Conflict: can't use getUpdates method while webhook is active")
        if self._polling:
            raise Wrong(409, "Conflict: terminated by other getUpdates request")
        self.allowed = asked.allowed_updates or self.allowed
        self._polling += 1
        try:
            self.updates = [update for update in self.updates if update["update_id"] >= asked.offset]
            if not self.updates and asked.timeout:
                self.arrived.clear()
                await asyncio.wait(
                    [asyncio.ensure_future(self.arrived.wait())], timeout=min(asked.timeout, 50)
                )
            return self.updates[: asked.limit]
        finally:
            self._polling -= 1

    async def sendMessage(self, given: Given) -> object:
        sent = self._read(shapes.SendMessage, given)
        phone = self._reach(sent.chat_id)
        text = self._text(sent.text, sent.parse_mode, sent.entities)
        return self._show(sent, phone, "text", text, {"text": text})

    async def _send_file(self, field: str, given: Given) -> object:
        source = str(given.pop(field, f"attach://{field}"))
        sent = self._read(shapes.SendFile, given)
        phone = self._reach(sent.chat_id)
        file = await self._source(field, source, given)
        caption = self._text(sent.caption, sent.parse_mode, sent.caption_entities, shapes.CAPTION)
        body = self.media(field, file) | ({"caption": caption} if caption else {})
        return self._show(sent, phone, shapes.FILES[field], caption, body, file)

    async def sendMediaGroup(self, given: Given) -> object:
        sent = self._read(shapes.SendMediaGroup, given)
        phone = self._reach(sent.chat_id)
        if not 2 <= len(sent.media) <= 10:
            raise bad("there must be between 2 and 10 media in a group")
        group, made = digits(17), []
        for item in sent.media:
            file = await self._source(item.type, item.media, given)
            caption = self._text(item.caption, item.parse_mode, item.caption_entities, shapes.CAPTION)
            body = {"media_group_id": group, **self.media(item.type, file)}
            made.append(self._show(sent, phone, shapes.FILES[item.type], caption, body, file))
        return made

    async def sendLocation(self, given: Given) -> object:
        sent = self._read(shapes.SendLocation, given)
        place = {"latitude": sent.latitude, "longitude": sent.longitude}
        text = f"{sent.latitude}, {sent.longitude}"
        return self._show(sent, self._reach(sent.chat_id), "location", text, {"location": place})

    async def sendVenue(self, given: Given) -> object:
        sent = self._read(shapes.SendVenue, given)
        place = {"latitude": sent.latitude, "longitude": sent.longitude}
        venue = {"location": place, "title": sent.title, "address": sent.address}
        body = {"venue": venue, "location": place}
        return self._show(sent, self._reach(sent.chat_id), "location", f"{sent.title}\n{sent.address}", body)

    async def sendContact(self, given: Given) -> object:
        sent = self._read(shapes.SendContact, given)
        contact = {"phone_number": sent.phone_number, "first_name": sent.first_name}
        text = f"{sent.first_name} {sent.phone_number}"
        return self._show(sent, self._reach(sent.chat_id), "contact", text, {"contact": contact})

    async def sendChatAction(self, given: Given) -> object:
        sent = self._read(shapes.SendChatAction, given)
        if sent.action not in shapes.ACTIONS:
            raise bad("wrong parameter action in request")
        self._reach(sent.chat_id, counted=False).typing_until = self.now() + 5
        return True

    async def sendMessageDraft(self, given: Given) -> object:
        sent = self._read(shapes.SendMessageDraft, given)
        if sent.draft_id == 0:
            raise bad("draft_id must be non-zero")
        self._text(sent.text, sent.parse_mode, sent.entities)
        self._reach(sent.chat_id, counted=False).typing_until = self.now() + 30
        return True

    async def editMessageText(self, given: Given) -> object:
        sent = self._read(shapes.EditText, given)
        shown = self._ours(sent)
        if shown.file:
            raise bad("there is no text in the message to edit")
        text = self._text(sent.text, sent.parse_mode, sent.entities)
        shapes.checked_markup(sent.reply_markup)
        if text == shown.text:
            raise bad("message is not modified: specified new message content is exactly the same")
        shown.text, shown.edited = text, True
        return self._again(sent, shown)

    async def editMessageCaption(self, given: Given) -> object:
        sent = self._read(shapes.EditCaption, given)
        shown = self._ours(sent)
        caption = self._text(sent.caption, sent.parse_mode, sent.caption_entities, shapes.CAPTION)
        shapes.checked_markup(sent.reply_markup)
        if not shown.file:
            raise bad("there is no caption in the message to edit")
        if caption == shown.text:
            raise bad("message is not modified: specified new message content is exactly the same")
        shown.text, shown.edited = caption, True
        return self._again(sent, shown)

    async def editMessageReplyMarkup(self, given: Given) -> object:
        sent = self._read(shapes.EditMarkup, given)
        shapes.checked_markup(sent.reply_markup)
        shown = self._ours(sent)
        shown.choices = shapes.choices(sent.reply_markup)
        return self._again(sent, shown)

    def _again(self, sent: shapes.OfMessage, shown: Shown) -> Given:
        phone = self._reach(sent.chat_id, counted=False)
        field = "caption" if shown.file else "text"
        return shapes.edited(shapes.message(phone, shown, self.me(), {field: shown.text}))

    def _ours(self, sent: shapes.OfMessage) -> Shown:
        shown = self._reach(sent.chat_id, counted=False).find(str(sent.message_id))
        if shown is None or shown.fate == "recalled":
            raise bad("message to edit not found")
        if shown.by != "us":
            raise bad("message can't be edited")
        return shown

    async def deleteMessage(self, given: Given) -> object:
        sent = self._read(shapes.OfMessage, given)
        shown = self._reach(sent.chat_id, counted=False).find(str(sent.message_id))
        if shown is None or shown.fate == "recalled":
            raise bad("message to delete not found")
        if self.now() - shown.at > 48 * 3600:
            raise bad("message can't be deleted for everyone")
        shown.fate, shown.text, shown.file = "recalled", "", ""
        return True

    async def deleteBusinessMessages(self, given: Given) -> object:
        """Of one chat of the connection, whoever has written them."""
        sent = self._read(shapes.DeleteBusiness, given)
        chats = [
            one for one in self.phones.values() if one.notes.get("business") == sent.business_connection_id
        ]
        if not chats:
            raise bad("business connection not found")
        if not 1 <= len(sent.message_ids) <= 100:
            raise bad("message identifiers are not specified")
        found = [phone.find(str(id)) for phone in chats for id in sent.message_ids]
        for shown in filter(None, found):
            shown.fate, shown.text, shown.file = "recalled", "", ""
        return True

    async def readBusinessMessage(self, given: Given) -> object:
        sent = self._read(shapes.ReadBusiness, given)
        phone = self.phones.get(str(sent.chat_id))
        if phone is None or phone.notes.get("business") != sent.business_connection_id:
            raise bad("business connection not found")
        if phone.find(str(sent.message_id)) is None:
            raise bad("MESSAGE_ID_INVALID")
        for shown in phone.chat:
            if shown.by == "customer" and shown.fate == "delivered":
                shown.fate = "read"
        return True

    async def setMessageReaction(self, given: Given) -> object:
        sent = self._read(shapes.React, given)
        shown = self._reach(sent.chat_id, counted=False).find(str(sent.message_id))
        if shown is None:
            raise bad("message to react not found")
        return True

    async def answerCallbackQuery(self, given: Given) -> object:
        sent = self._read(shapes.AnswerCallback, given)
        if len(sent.text) > shapes.ANSWER:
            raise bad("MESSAGE_TOO_LONG")
        if self.queries.pop(sent.callback_query_id, None) is None:
            raise bad("query is too old and response timeout expired or query ID is invalid")
        return True

    async def getFile(self, given: Given) -> object:
        file = self._file_ids.get(str(given.get("file_id", "")))
        if file is None:
            raise bad("invalid file_id")
        kept = self.files[file]
        if len(kept.data) > shapes.DOWNLOAD:
            raise bad("file is too big")
        path = f"documents/file_{len(self._paths)}{Path(kept.name).suffix}"
        self._paths[path] = (file, self.now() + 3600)
        return {
            "file_id": given["file_id"],
            "file_unique_id": file[:15],
            "file_size": len(kept.data),
            "file_path": path,
        }

    async def getChat(self, given: Given) -> object:
        phone = self.phones.get(str(given.get("chat_id", "")))
        if phone is None:
            raise bad("chat not found")
        return {**shapes.chat(phone), "accent_color_id": 1, "max_reaction_count": 11}

    async def getUserProfilePhotos(self, given: Given) -> object:
        if str(given.get("user_id", "")) not in self.phones:
            raise bad("user not found")
        return {"total_count": 0, "photos": []}
