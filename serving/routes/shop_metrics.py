"""What the shop did: windows and reports, by result, period and granularity."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path, Query, Request, Security
from fastapi.responses import Response

from serving.dependencies import RequestIdDep
from serving.openapi import problems
from serving.problems import ProblemError
from serving.routes.answer import Answer
from serving.schemas import ShopMetricsOut
from serving.security import require_api_key
from serving.shop.comma_separated import comma_separated
from serving.shop.period import Granularity, Period
from serving.shop.shop_metrics import RESULTS, Question, ShopMetrics

MAX_ROWS = 100_000

router = APIRouter(
    prefix="/v1/metrics",
    tags=["metrics"],
    dependencies=[Security(require_api_key)],
    responses=problems(401, 404, 413, 422, 429, 503),
)


async def _shop(request: Request) -> ShopMetrics:
    shop: ShopMetrics = request.app.state.shop
    return shop


ShopDep = Annotated[ShopMetrics, Depends(_shop)]


@router.get(
    "/{result}",
    response_model=ShopMetricsOut,
    summary="Windows and reports of the shop",
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}},
)
async def shop_metrics(
    result: Annotated[str, Path(max_length=50, examples=["revenue"], description=f"One of {', '.join(RESULTS)}")],
    shop: ShopDep,
    request_id: RequestIdDep,
    start: Annotated[
        datetime | None,
        Query(alias="from", description="First moment, UTC without an offset; default: a day before `to`"),
    ] = None,
    until: Annotated[datetime | None, Query(alias="to", description="First moment after; default: now")] = None,
    granularity: Annotated[
        Granularity, Query(description="`window`: the result's own; reports are always of the whole period")
    ] = "window",
    dimension: Annotated[
        str | None,
        Query(max_length=1000, description="Only this page, currency, user or stage; of the funnel: the breakdown"),
    ] = None,
    by: Annotated[
        Literal["dimension", "time"], Query(description="`time`: all values of the dimension taken together")
    ] = "dimension",
    limit: Annotated[int, Query(ge=1, le=MAX_ROWS, description="Most rows of the answer")] = 10_000,
    output: Annotated[Literal["json", "csv"], Query(alias="format")] = "json",
) -> Response:
    """Answer the rows of a result, by time: live windows from Redis, older ones from the lake.

    The period is widened to whole rows. `problems` says in a sentence each what could not be read. CSV has a header
    line; its times are ISO 8601.
    """
    question = Question(result, _period(start, until), granularity, dimension, by == "dimension", limit)
    answer = await shop.ask(question)
    if output == "csv":
        return Response(comma_separated(answer), media_type="text/csv; charset=utf-8")
    return Answer(
        {
            "result": answer.result,
            "from": answer.period.start,
            "to": answer.period.until,
            "granularity": answer.granularity,
            "columns": answer.columns,
            "rows": answer.rows,
            "truncated": answer.truncated,
            "problems": answer.problems,
            "request_id": request_id,
        }
    )


def _period(start: datetime | None, until: datetime | None) -> Period:
    try:
        last = _utc(until) if until else datetime.now(UTC).replace(microsecond=0)
        return Period(_utc(start) if start else last - timedelta(days=1), last)
    except (ValueError, OverflowError) as error:
        raise ProblemError(422, "invalid-request", f"The period cannot be used: {error}.") from error


def _utc(moment: datetime) -> datetime:
    found = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    if not 1970 <= found.year < 9000:
        raise ValueError("years are from 1970 to 8999")
    return found
