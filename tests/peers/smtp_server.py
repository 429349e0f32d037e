#!/usr/bin/env python3
"""A real SMTP server for tests: records what it takes, and misbehaves where it is told to.

Prints its port on one line when it is ready; ends when its standard input closes.

Each message becomes one JSON line in --record, written before it is answered:
  {"mail_from": …, "rcpt_to": […], "data": base64 of the bytes after DATA (dots unstuffed), "headers": [[name, value], …],
   "tls": bool, "auth": user or null, "helo": …, "smtputf8": bool, "answer": "250 …" | "none", "at": seconds since 1970,
   "began_at": the same for its MAIL command}
A message that was refused is recorded too, with that answer.

--on STAGE PATTERN ACTION   STAGE: mail (PATTERN is the sender), rcpt, data (before 354), message (after the dot).
                            PATTERN: a shell pattern for the recipient. ACTION: an SMTP answer ("451 4.3.0 later"),
                            "hang" (no answer), "close" (no answer, the connection ends). With "N*" before it, only
                            the first N times.
"close" and "hang" at the stage `message` take the message and never say so: it is recorded with the answer "none".
"""

import argparse
import asyncio
import base64
import email.parser
import fnmatch
import json
import logging
import ssl
import sys
import time
import warnings

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword


class Rule:
    def __init__(self, stage, pattern, action):
        count, star, rest = action.partition("*")
        counted = star and count.isdigit()
        self.stage = stage
        self.pattern = pattern
        self.action = rest if counted else action
        self.left = int(count) if counted else None

    def takes(self, stage, addresses):
        if self.stage != stage or self.left == 0:
            return False
        if not any(fnmatch.fnmatchcase(address, self.pattern) for address in addresses):
            return False
        if self.left is not None:
            self.left -= 1
        return True


class Handler:
    def __init__(self, options):
        self.options = options
        self.rules = [Rule(*rule) for rule in options.on]
        self.record = open(options.record, "a", buffering=1, encoding="utf-8") if options.record else None
        self.parser = email.parser.BytesHeaderParser()

    async def handle_EHLO(self, server, session, envelope, hostname, responses):
        session.host_name = hostname
        if self.options.no_pipelining:
            return responses
        return responses[:1] + ["250-PIPELINING"] + responses[1:]

    async def handle_HELO(self, server, session, envelope, hostname):
        session.host_name = hostname
        return f"250 {server.hostname}"

    async def handle_MAIL(self, server, session, envelope, address, mail_options):
        answer = await self.act(server, "mail", [address])
        if answer:
            return answer
        envelope.began_at = time.time()
        envelope.mail_from = address
        envelope.mail_options.extend(mail_options)
        return "250 2.1.0 Ok"

    async def handle_RCPT(self, server, session, envelope, address, rcpt_options):
        answer = await self.act(server, "rcpt", [address])
        if answer:
            return answer
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Ok"

    async def handle_DATA(self, server, session, envelope):
        if self.options.delay:
            await asyncio.sleep(self.options.delay)
        rule = self.rule_for("message", envelope.rcpt_tos)
        answer = rule.action if rule else "250 2.0.0 Ok: taken"
        silent = answer in ("hang", "close")
        self.write(server, session, envelope, "none" if silent else answer)
        if self.options.answer_delay:
            await asyncio.sleep(self.options.answer_delay)
        return await self.perform(server, answer) if silent else answer

    def rule_for(self, stage, addresses):
        return next((rule for rule in self.rules if rule.takes(stage, addresses)), None)

    async def act(self, server, stage, addresses):
        rule = self.rule_for(stage, addresses)
        return await self.perform(server, rule.action) if rule else None

    async def perform(self, server, action):
        if action == "close":
            server.transport.abort()
        if action in ("close", "hang"):
            await asyncio.Event().wait()  # until the connection is gone and this task is cancelled
        return action

    def write(self, server, session, envelope, answer):
        if not self.record:
            return
        headers = self.parser.parsebytes(envelope.original_content)
        self.record.write(
            json.dumps(
                {
                    "mail_from": envelope.mail_from,
                    "rcpt_to": envelope.rcpt_tos,
                    "data": base64.b64encode(envelope.original_content).decode(),
                    "headers": [[name, str(value)] for name, value in headers.items()],
                    "tls": server.transport.get_extra_info("ssl_object") is not None,
                    "auth": session.auth_data.login.decode() if session.auth_data else None,
                    "helo": session.host_name,
                    "smtputf8": envelope.smtp_utf8,
                    "answer": answer,
                    "at": time.time(),
                    "began_at": envelope.began_at,
                }
            )
            + "\n"
        )


class Server(SMTP):
    async def smtp_DATA(self, arg):
        answer = await self.event_handler.act(self, "data", self.envelope.rcpt_tos) if self.envelope else None
        if answer:
            await self.push(answer)
        else:
            await super().smtp_DATA(arg)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--record", help="file that messages are appended to")
    parser.add_argument("--tls", choices=["none", "starttls", "required", "implicit"], default="none")
    parser.add_argument("--cert", help="PEM: certificate")
    parser.add_argument("--key", help="PEM: its key")
    parser.add_argument("--tls-broken", action="store_true", help="every TLS handshake fails")
    parser.add_argument("--auth", metavar="USER:PASSWORD", help="offer AUTH and demand it")
    parser.add_argument("--auth-only", choices=["PLAIN", "LOGIN"], help="offer only this mechanism")
    parser.add_argument("--no-pipelining", action="store_true")
    parser.add_argument("--no-smtputf8", action="store_true")
    parser.add_argument("--size", type=int, default=33554432, help="the limit that SIZE tells")
    parser.add_argument("--timeout", type=float, default=300, help="seconds after which an idle connection is closed")
    parser.add_argument("--delay", type=float, default=0, help="seconds before a message is answered")
    parser.add_argument("--answer-delay", type=float, default=0, help="seconds after a message is taken, before that is said")
    parser.add_argument("--on", nargs=3, action="append", default=[], metavar=("STAGE", "PATTERN", "ACTION"))
    return parser.parse_args()


def server_factory(options, tls):
    handler = Handler(options)
    user, _, password = (options.auth or "").partition(":")

    def authenticate(server, session, envelope, mechanism, data):
        good = isinstance(data, LoginPassword) and data == LoginPassword(user.encode(), password.encode())
        return AuthResult(success=good, handled=good, auth_data=data if good else None)

    def make():
        return Server(
            handler,
            hostname="mx.test",
            data_size_limit=options.size,
            enable_SMTPUTF8=not options.no_smtputf8,
            tls_context=tls if options.tls in ("starttls", "required") else None,
            require_starttls=options.tls == "required",
            auth_required=bool(options.auth),
            auth_require_tls=False,
            auth_exclude_mechanism=[m for m in ("PLAIN", "LOGIN") if not options.auth or options.auth_only not in (None, m)],
            authenticator=authenticate if options.auth else None,
            timeout=options.timeout,
        )

    return make


async def main():
    # aiosmtpd's advice on AUTH without TLS, and one deprecation of its own a message.
    warnings.simplefilter("ignore")
    logging.getLogger("mail.log").setLevel(logging.ERROR)
    options = arguments()
    tls = None
    if options.tls != "none":
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(options.cert, options.key)
        if options.tls_broken:
            tls.maximum_version = ssl.TLSVersion.TLSv1_1  # older than any client of today takes
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        server_factory(options, tls),
        options.host,
        options.port,
        ssl=tls if options.tls == "implicit" else None,
        backlog=512,
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


if __name__ == "__main__":
    asyncio.run(main())
