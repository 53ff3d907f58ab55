"""Who may see the dashboard."""

import pytest
from fastapi import FastAPI, WebSocket
from fastapi.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from serving.dashboard.guard import COOKIE, DashboardGuard
from serving.security import ApiKeys


def client(keys: tuple[str, ...] = ("secret",), open_to_all: bool = False) -> TestClient:
    app = FastAPI()

    @app.get("/dashboard/page")
    def page() -> str:
        return "figures"

    @app.get("/dashboards")
    def other() -> str:
        return "not guarded"

    @app.websocket("/dashboard/socket")
    async def socket(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.send_text("live")

    app.add_middleware(DashboardGuard, keys=ApiKeys(keys), accepted=keys, open_to_all=open_to_all)
    return TestClient(app, follow_redirects=False)


def test_without_a_key_there_is_only_the_sign_in_page() -> None:
    found = client()
    answer = found.get("/dashboard/page")
    assert (answer.status_code, answer.headers["location"]) == (303, "/dashboard/login")
    page = found.get("/dashboard/login")
    assert page.status_code == 200 and 'type="password"' in page.text
    assert page.headers["x-frame-options"] == "DENY"
    with pytest.raises(WebSocketDisconnect) as closed, found.websocket_connect("/dashboard/socket"):
        pass
    assert closed.value.code == 4401
    assert found.get("/dashboards").text == '"not guarded"'


def test_a_key_lets_in_and_a_wrong_one_does_not() -> None:
    found = client(("secret", "another"))
    refused = found.post("/dashboard/login", data={"key": "guess<script>"})
    assert (refused.status_code, COOKIE in refused.cookies) == (401, False)
    assert "not accepted" in refused.text and "<script>" not in refused.text
    answer = found.post("/dashboard/login", data={"key": "another"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/dashboard/")
    flags = answer.headers["set-cookie"].lower()
    assert "httponly" in flags and "samesite=strict" in flags and "path=/dashboard" in flags
    assert found.get("/dashboard/page").text == '"figures"'
    with found.websocket_connect("/dashboard/socket") as socket:
        assert socket.receive_text() == "live"


def test_with_other_keys_nobody_is_signed_in_any_more() -> None:
    cookie = client().post("/dashboard/login", data={"key": "secret"}).cookies[COOKIE]
    found = client(("rotated",))
    found.cookies.set(COOKIE, cookie, path="/dashboard")
    assert found.get("/dashboard/page").status_code == 303
    for forged in ("signed in", f"{cookie}x", ""):
        other = client()
        other.cookies.set(COOKIE, forged, path="/dashboard")
        assert other.get("/dashboard/page").status_code == 303


def test_a_form_without_end_is_not_read() -> None:
    assert client().post("/dashboard/login", content=b"key=" + b"x" * 10_000).status_code == 413


def test_a_local_stack_with_the_default_key_is_open() -> None:
    assert client(open_to_all=True).get("/dashboard/page").status_code == 200
