"""An event stream never ends: what has come of it first is its answer as far as schemathesis is concerned."""

import requests
import schemathesis


def take_the_beginning(response: requests.Response, *_: object, **__: object) -> None:
    if response.headers.get("Content-Type") == "text/event-stream":
        response._content = next(response.iter_content(chunk_size=None))
        response.close()


@schemathesis.hook
def before_call(context, case, kwargs) -> None:
    kwargs["hooks"] = {"response": take_the_beginning}
