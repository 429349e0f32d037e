"""An SMSC for tests: takes submit_sm over SMPP 3.4, appends each as one JSON line, sends receipts, misbehaves on request.

Prints `port <n>` when it listens; ends when its standard input closes. A line `receipts` there sends what `--receipts held`
has kept. Its codec is smpplib's, so that it shares nothing
with the code under test.

A line of the record: destination, source, source_ton, source_npi, dest_ton, dest_npi, data_coding, esm_class,
registered_delivery, message (all bytes, hex), text (decoded, without the header), concatenation ({"reference", "parts",
"part"} or null), message_id, link (counts connections from 1), answered (false: the link was dropped before the answer), at
(seconds since 1970).

A receipt stays until it is acknowledged with ESME_ROK: it is sent again after an error status, and to whoever binds next
when its link is gone. The --receipt-record gets a line when one is sent and one when it is answered: message_id, status (of
the deliver_sm_resp; null: sent), link, sent (how often the receipt was sent so far).
"""

import argparse
import asyncio
import json
import random
import re
import ssl
import struct
import sys
import time

from smpplib import consts, smpp
from smpplib.gsm import GSM_CHARACTER_TABLE

HEADER_BYTES = 16
PDU_BYTES_MAX = 64 * 1024

# smpplib's table lacks one character of the alphabet (0x5F) and has the extension table in its second half.
GSM_BASIC = GSM_CHARACTER_TABLE[:0x5F] + "§" + GSM_CHARACTER_TABLE[0x60:0x80]
GSM_EXTENSION = {code: char for code, char in enumerate(GSM_CHARACTER_TABLE[0x80:]) if char != "`"}


def decode_gsm(data):
    out, octets = "", iter(data)
    for octet in octets:
        if octet == 0x1B:
            out += GSM_EXTENSION.get(next(octets, 0x1B), "\N{REPLACEMENT CHARACTER}")
        else:
            out += GSM_BASIC[octet] if octet < 0x80 else "\N{REPLACEMENT CHARACTER}"
    return out


def split_header(esm_class, data):
    """Returns (concatenation or None, what follows the user data header)."""
    if not esm_class & 0x40 or not data:
        return None, data
    header, rest = data[1 : 1 + data[0]], data[1 + data[0] :]
    while len(header) >= 2:
        element, length = header[0], header[1]
        if element == 0x00 and length == 3:
            return {"reference": header[2], "parts": header[3], "part": header[4]}, rest
        header = header[2 + length :]
    return None, rest


class Smsc:
    def __init__(self, options):
        self.options = options
        self.record = open(options.record, "a", encoding="utf-8", buffering=1)
        self.links = 0
        self.submits = 0  # taken, over all links
        self.to_throttle = options.throttle_first
        self.drops_left = options.drops if options.drop_unanswered else 0
        self.first_id = random.randrange(1 << 40)
        self.receipt_record = open(options.receipt_record, "a", encoding="utf-8", buffering=1) if options.receipt_record else None
        self.receipts = {}  # not acknowledged: number → Receipt
        self.bound_links = set()
        self.held = []  # calls that send a receipt each

    def write(self, line):
        self.record.write(json.dumps(line, ensure_ascii=False) + "\n")

    def note_receipt(self, receipt, link, status):
        if self.receipt_record:
            line = {"message_id": receipt.message_id, "status": status, "link": link, "sent": receipt.sent}
            self.receipt_record.write(json.dumps(line) + "\n")

    def send_held(self):
        held, self.held = self.held, []
        for send in held:
            send()


class Receipt:
    def __init__(self, message_id, fields):
        self.message_id = message_id
        self.fields = fields
        self.sent = 0
        self.link = None  # where it is out


class Link(asyncio.Protocol):
    def __init__(self, smsc):
        self.smsc = smsc
        self.options = smsc.options
        self.buffer = b""
        self.bound = False
        self.unanswered = []  # kept back for a drop
        self.sequence = 0
        self.receipts = {}  # sequence of a deliver_sm → number in smsc.receipts

    def connection_made(self, transport):
        self.smsc.links += 1
        self.number = self.smsc.links
        self.transport = transport

    def data_received(self, data):
        self.buffer += data
        at = 0
        while len(self.buffer) - at >= HEADER_BYTES and not self.transport.is_closing():
            (length,) = struct.unpack_from(">L", self.buffer, at)
            if not HEADER_BYTES <= length <= PDU_BYTES_MAX:
                print(f"a PDU of {length} bytes", file=sys.stderr)
                return self.transport.abort()
            if len(self.buffer) - at < length:
                break
            self.handle(self.buffer[at : at + length])
            at += length
        self.buffer = self.buffer[at:]

    def handle(self, octets):
        pdu = smpp.parse_pdu(octets, sequence=0, allow_unknown_opt_params=True)
        handler = getattr(self, "on_" + pdu.command, None)
        if handler:
            handler(pdu)

    def send(self, command, sequence, status=consts.SMPP_ESME_ROK, **fields):
        if self.transport.is_closing():
            return
        pdu = smpp.make_pdu(command, sequence=sequence, status=status, **fields)
        pdu.sequence = sequence
        self.transport.write(pdu.generate())

    def on_bind_transceiver(self, pdu):
        status = consts.SMPP_ESME_ROK
        if self.options.system_id and pdu.system_id.decode() != self.options.system_id:
            status = consts.SMPP_ESME_RINVSYSID
        elif self.options.password and pdu.password.decode() != self.options.password:
            status = consts.SMPP_ESME_RINVPASWD
        self.bound = status == consts.SMPP_ESME_ROK
        self.send("bind_transceiver_resp", pdu.sequence, status, system_id="recorder")
        if self.bound:
            for number, receipt in list(self.smsc.receipts.items()):
                if receipt.link is None:
                    self.deliver_receipt(number)
            self.smsc.bound_links.add(self)
            self.send_strays()

    def connection_lost(self, error):
        self.smsc.bound_links.discard(self)
        for number in self.receipts.values():
            self.smsc.receipts[number].link = None
        # Another link may be bound already; else they wait for the next.
        self.receipts = {}

    def on_deliver_sm_resp(self, pdu):
        number = self.receipts.pop(pdu.sequence)
        receipt = self.smsc.receipts[number]
        self.smsc.note_receipt(receipt, self.number, pdu.status)
        if pdu.status == consts.SMPP_ESME_ROK:
            del self.smsc.receipts[number]
        else:
            receipt.link = None
            self.later(self.options.receipt_retry_ms, lambda: self.deliver_receipt(number))

    def on_enquire_link(self, pdu):
        if not self.options.ignore_enquire_link:
            self.send("enquire_link_resp", pdu.sequence)

    def on_unbind(self, pdu):
        self.send("unbind_resp", pdu.sequence)
        self.transport.close()

    def on_submit_sm(self, pdu):
        destination = pdu.destination_addr.decode("latin-1")
        if not self.bound:
            return self.send("submit_sm_resp", pdu.sequence, consts.SMPP_ESME_RINVBNDSTS)
        if self.smsc.to_throttle > 0:
            self.smsc.to_throttle -= 1
            return self.send("submit_sm_resp", pdu.sequence, self.options.throttle_status)
        if self.options.reject and re.search(self.options.reject, destination):
            return self.send("submit_sm_resp", pdu.sequence, consts.SMPP_ESME_RINVDSTADR)
        self.smsc.submits += 1
        number = self.smsc.first_id + self.smsc.submits
        message_id = f"{number:X}" if self.options.ids == "hex" else str(number)
        line = self.line_of(pdu, destination, message_id)
        if self.smsc.drops_left and self.smsc.submits > self.options.drop_after:
            return self.keep_back(line)
        self.smsc.write(line)
        receipt = lambda: self.send_receipt(pdu, line, number)
        if self.options.receipts == "early":
            receipt()
        if self.options.receipts == "held":
            self.smsc.held.append(receipt)
        self.later(self.options.answer_delay_ms, lambda: self.send("submit_sm_resp", pdu.sequence, message_id=message_id))
        if self.options.receipts in ("delivered", "twice"):
            self.later(self.options.answer_delay_ms + self.options.receipt_delay_ms, receipt)
        if self.options.receipts == "twice":
            second = lambda: self.send_receipt(pdu, line, number, second=True)
            self.later(self.options.answer_delay_ms + 2 * self.options.receipt_delay_ms, second)

    def line_of(self, pdu, destination, message_id):
        data = pdu.short_message or getattr(pdu, "message_payload", None) or b""
        concatenation, body = split_header(pdu.esm_class, data)
        text = body.decode("utf-16-be", "replace") if pdu.data_coding == 8 else decode_gsm(body)
        return {
            "destination": destination,
            "source": pdu.source_addr.decode("latin-1"),
            "source_ton": pdu.source_addr_ton,
            "source_npi": pdu.source_addr_npi,
            "dest_ton": pdu.dest_addr_ton,
            "dest_npi": pdu.dest_addr_npi,
            "data_coding": pdu.data_coding,
            "esm_class": pdu.esm_class,
            "registered_delivery": pdu.registered_delivery,
            "message": data.hex(),
            "text": text,
            "concatenation": concatenation,
            "message_id": message_id,
            "link": self.number,
            "answered": True,
            "at": time.time(),
        }

    def keep_back(self, line):
        """Takes it and says nothing; with the last of them the link goes."""
        self.unanswered.append(line)
        if len(self.unanswered) < self.options.drop_unanswered:
            return
        self.smsc.drops_left -= 1
        for kept in self.unanswered:
            self.smsc.write(kept | {"answered": False})
        self.unanswered = []
        self.transport.abort()

    def send_strays(self):
        """For messages that nobody here has ever submitted."""
        for number in range(self.options.stray_receipts):
            text = f"id:{number}99999 sub:001 dlvrd:001 submit date:2601010000 done date:2601010000 stat:DELIVRD err:000 text:x"
            self.queue_receipt("stray", {"source_addr": "79120000000", "destination_addr": "Vestnik", "short_message": text.encode()})

    def send_receipt(self, pdu, line, number, second=False):
        if not pdu.registered_delivery & 1:
            return
        failed = self.options.fail and re.search(self.options.fail, line["destination"])
        failed = failed or (second and self.options.second_fails)
        word, state = ("UNDELIV", 5) if failed else ("DELIVRD", 2)
        date = time.strftime("%y%m%d%H%M")
        receipt_id = str(number) if self.options.receipt_ids == "decimal" else line["message_id"]
        text = (
            f"id:{receipt_id} sub:001 dlvrd:{'000' if failed else '001'} submit date:{date} done date:{date} "
            f"stat:{word} err:{'011' if failed else '000'} text:{line['text'][:20]}"
        )
        tlvs = {"receipted_message_id": line["message_id"], "message_state": state} if self.options.receipt_tlvs else {}
        self.queue_receipt(
            line["message_id"],
            {"source_addr": line["destination"], "destination_addr": line["source"],
             "short_message": text.encode("ascii", "replace"), **tlvs},
        )  # fmt: skip

    def queue_receipt(self, message_id, fields):
        number = max(self.smsc.receipts, default=0) + 1
        fields |= {"esm_class": 0x04, "source_addr_ton": 1, "source_addr_npi": 1}
        self.smsc.receipts[number] = Receipt(message_id, fields)
        # The message's own link may have gone and another one come in the meantime.
        link = self if not self.transport.is_closing() else next(iter(self.smsc.bound_links), self)
        link.deliver_receipt(number)

    def deliver_receipt(self, number):
        receipt = self.smsc.receipts.get(number)
        if receipt is None or receipt.link is not None or self.transport.is_closing():
            return  # acknowledged, out on another link, or to wait for the next bind
        receipt.sent += 1
        receipt.link = self
        self.smsc.note_receipt(receipt, self.number, None)
        self.sequence += 1
        self.receipts[self.sequence] = number
        self.send("deliver_sm", self.sequence, **receipt.fields)

    def later(self, delay_ms, call):
        if delay_ms <= 0:
            call()
        else:
            asyncio.get_running_loop().call_later(delay_ms / 1000, call)


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--record", required=True, help="file that gets a JSON line for every submit_sm taken")
    add("--port", type=int, default=0)
    add("--tls-cert", help="speak TLS with this PEM file, which holds key and certificate")
    add("--system-id", help="refuse other binds; by default anyone may bind")
    add("--password", help="likewise")
    add("--ids", choices=("decimal", "hex"), default="decimal", help="message ids in submit_sm_resp")
    add("--receipt-ids", choices=("same", "decimal"), default="same", help="message ids in the text of receipts")
    add("--receipts", choices=("delivered", "early", "twice", "held", "none"), default="delivered",
        help="early: before the submit_sm_resp; held: when told on standard input")
    add("--receipt-delay-ms", type=int, default=0, help="after the submit_sm_resp")
    add("--second-fails", action="store_true", help="with --receipts twice: the second one says UNDELIV")
    add("--stray-receipts", type=int, default=0, metavar="N", help="on each bind, N receipts for ids nobody knows")
    add("--receipt-record", help="file that gets a JSON line for every deliver_sm and deliver_sm_resp")
    add("--receipt-retry-ms", type=int, default=50, help="after a deliver_sm_resp with an error")
    add("--receipt-tlvs", action="store_true", help="receipts say receipted_message_id and message_state too")
    add("--fail", metavar="REGEX", help="destinations whose receipt is UNDELIV")
    add("--reject", metavar="REGEX", help="destinations refused with ESME_RINVDSTADR")
    add("--throttle-first", type=int, default=0, metavar="N", help="refuse the first N submits")
    add("--throttle-status", type=lambda text: int(text, 0), default=0x58, help="0x58 throttled, 0x14 queue full")
    add("--drop-unanswered", type=int, default=0, metavar="W", help="drop the link once W submits are taken, unanswered")
    add("--drop-after", type=int, default=0, metavar="N", help="submits taken before that begins")
    add("--drops", type=int, default=1, help="how often that happens")
    add("--answer-delay-ms", type=int, default=0)
    add("--ignore-enquire-link", action="store_true")
    return parser.parse_args()


async def main():
    options = parse_options()
    smsc = Smsc(options)
    loop = asyncio.get_running_loop()
    tls = None
    if options.tls_cert:
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(options.tls_cert)
    server = await loop.create_server(lambda: Link(smsc), "127.0.0.1", options.port, ssl=tls)
    print(f"port {server.sockets[0].getsockname()[1]}", flush=True)
    while command := await loop.run_in_executor(None, sys.stdin.readline):
        if command.strip() == "receipts":
            smsc.send_held()


if __name__ == "__main__":
    asyncio.run(main())
