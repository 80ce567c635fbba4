"""A SIP phone without audio, small enough to read: registers, calls, is called. For tests of the dialplan."""

from __future__ import annotations

import asyncio
import hashlib
import re
import uuid
from dataclasses import dataclass, field

LIMIT_SECONDS = 10

SDP = (
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
    "m=audio {port} RTP/AVP 8 101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\na=sendrecv\r\n"
)


@dataclass
class SipMessage:
    first_line: str
    headers: dict[str, str]
    body: str

    @property
    def method(self) -> str:
        return self.first_line.split()[0]

    @property
    def status(self) -> int:
        return int(self.first_line.split()[1])

    @classmethod
    def parse(cls, data: bytes) -> SipMessage:
        head, _, body = data.decode().partition("\r\n\r\n")
        first_line, *lines = head.split("\r\n")
        headers: dict[str, str] = {}
        for line in lines:
            name, _, value = line.partition(":")
            headers.setdefault(name.strip().lower(), value.strip())
        return cls(first_line, headers, body)


@dataclass
class PhoneCall:
    """One call of a phone."""

    invite: SipMessage | None = None  # of an incoming call
    call_id: str = field(default_factory=lambda: uuid.uuid4().hex)
    local_tag: str = field(default_factory=lambda: uuid.uuid4().hex[:8])
    remote: str = ""  # To or From of the other side, with its tag
    target: str = ""  # its Contact
    cseq: int = 1
    ended: asyncio.Event = field(default_factory=asyncio.Event)


class SipPhone(asyncio.DatagramProtocol):
    """Async context manager; one socket, one dialog at a time is enough here."""

    def __init__(self, server: tuple[str, int], user: str, password: str = "", *, auto_answer: bool = True) -> None:
        self.server, self.user, self.password, self.auto_answer = server, user, password, auto_answer
        self.incoming: asyncio.Queue[PhoneCall] = asyncio.Queue(10)
        self._answers: asyncio.Queue[SipMessage] = asyncio.Queue(100)
        self._calls: dict[str, PhoneCall] = {}
        self._rtp: asyncio.DatagramTransport | None = None

    async def __aenter__(self) -> SipPhone:
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=("127.0.0.1", 0))
        self._rtp, _ = await loop.create_datagram_endpoint(asyncio.DatagramProtocol, local_addr=("127.0.0.1", 0))
        self._port = self._transport.get_extra_info("sockname")[1]
        self._rtp_port = self._rtp.get_extra_info("sockname")[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._transport.close()
        if self._rtp is not None:
            self._rtp.close()
        await asyncio.sleep(0)

    async def register(self, expires: int = 120) -> int:
        """Answer the final status; digest is tried once."""
        call = PhoneCall()
        uri = f"sip:{self.server[0]}:{self.server[1]}"
        extra = f"Expires: {expires}\r\n"
        answer = await self._request("REGISTER", uri, call, f"<sip:{self.user}@{self.server[0]}>", extra)
        if answer.status == 401:
            call.cseq += 1
            extra += self._authorization("REGISTER", uri, answer)
            answer = await self._request("REGISTER", uri, call, f"<sip:{self.user}@{self.server[0]}>", extra)
        return answer.status

    async def call(self, number: str, limit_seconds: float = LIMIT_SECONDS) -> tuple[int, PhoneCall]:
        """Call a number; answer the final status and the call."""
        call = PhoneCall()
        uri = f"sip:{number}@{self.server[0]}:{self.server[1]}"
        body = SDP.format(port=self._rtp_port)
        self._calls[call.call_id] = call
        async with asyncio.timeout(limit_seconds):
            answer = await self._request("INVITE", uri, call, f"<{uri}>", "Content-Type: application/sdp\r\n", body)
        call.remote = answer.headers["to"]
        contact = re.search(r"<([^>]+)>", answer.headers.get("contact", ""))
        call.target = contact[1] if contact else uri
        self._send(self._head("ACK", call.target, call, call.remote) + "Content-Length: 0\r\n\r\n")
        return answer.status, call

    async def hang_up(self, call: PhoneCall) -> None:
        call.cseq += 1
        await self._request("BYE", call.target, call, call.remote)
        call.ended.set()

    # ---- the wire ----

    def datagram_received(self, data: bytes, _address: object) -> None:
        if not data.strip():
            return
        message = SipMessage.parse(data)
        if message.first_line.startswith("SIP/2.0"):
            if message.status >= 200:
                self._answers.put_nowait(message)
            return
        call = self._calls.get(message.headers["call-id"])
        match message.method:
            case "OPTIONS":
                self._reply(message, "200 OK", uuid.uuid4().hex[:8])
            case "INVITE" if call is None:
                call = PhoneCall(message, message.headers["call-id"], remote=message.headers["from"])
                contact = re.search(r"<([^>]+)>", message.headers["contact"])
                call.target = contact[1] if contact else ""
                self._calls[call.call_id] = call
                self._reply(message, "180 Ringing", call.local_tag)
                if self.auto_answer:
                    self._reply(message, "200 OK", call.local_tag, SDP.format(port=self._rtp_port))
                self.incoming.put_nowait(call)
            case "BYE" | "CANCEL" if call is not None:
                self._reply(message, "200 OK", call.local_tag)
                call.ended.set()

    async def _request(
        self, method: str, uri: str, call: PhoneCall, to: str, extra: str = "", body: str = ""
    ) -> SipMessage:
        self._send(self._head(method, uri, call, to) + extra + f"Content-Length: {len(body)}\r\n\r\n{body}")
        while True:
            async with asyncio.timeout(LIMIT_SECONDS):
                answer = await self._answers.get()
            if answer.headers["cseq"] == f"{call.cseq} {method}" and answer.headers["call-id"] == call.call_id:
                return answer

    def _head(self, method: str, uri: str, call: PhoneCall, to: str) -> str:
        own = f"<sip:{self.user}@127.0.0.1:{self._port}>;tag={call.local_tag}"
        if call.invite is not None:
            own = call.invite.headers["to"] + f";tag={call.local_tag}"
        branch = f"z9hG4bK{uuid.uuid4().hex}"
        return (
            f"{method} {uri} SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:{self._port};branch={branch};rport\r\n"
            f"Max-Forwards: 70\r\nFrom: {own}\r\nTo: {to}\r\nCall-ID: {call.call_id}\r\nCSeq: {call.cseq} {method}\r\n"
            f"Contact: <sip:{self.user}@127.0.0.1:{self._port}>\r\n"
        )

    def _reply(self, request: SipMessage, status: str, tag: str, body: str = "") -> None:
        to = request.headers["to"]
        to = to if "tag=" in to else f"{to};tag={tag}"
        content = "Content-Type: application/sdp\r\n" if body else ""
        self._send(
            f"SIP/2.0 {status}\r\nVia: {request.headers['via']}\r\nFrom: {request.headers['from']}\r\nTo: {to}\r\n"
            f"Call-ID: {request.headers['call-id']}\r\nCSeq: {request.headers['cseq']}\r\n"
            f"Contact: <sip:{self.user}@127.0.0.1:{self._port}>\r\n{content}Content-Length: {len(body)}\r\n\r\n{body}"
        )

    def _send(self, text: str) -> None:
        self._transport.sendto(text.encode(), self.server)

    def _authorization(self, method: str, uri: str, challenge: SipMessage) -> str:
        fields = dict(re.findall(r'(\w+)="?([^",]+)"?', challenge.headers["www-authenticate"]))
        md5 = lambda text: hashlib.md5(text.encode()).hexdigest()  # noqa: E731  # SIP's digest is MD5
        own, request = md5(f"{self.user}:{fields['realm']}:{self.password}"), md5(f"{method}:{uri}")
        response = md5(f"{own}:{fields['nonce']}:00000001:abc:auth:{request}")
        return (
            f'Authorization: Digest username="{self.user}", realm="{fields["realm"]}", nonce="{fields["nonce"]}", '
            f'uri="{uri}", response="{response}", algorithm=MD5, qop=auth, nc=00000001, cnonce="abc"'
            + (f', opaque="{fields["opaque"]}"' if "opaque" in fields else "")
            + "\r\n"
        )
