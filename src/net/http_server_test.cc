#include "net/http_server.h"

#include <future>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <thread>
#include <vector>

#include "net/http_metrics.h"
#include "net/http_test_client.h"

namespace vestnik::net {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr std::string_view get_hello = "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n";

class HttpServerTest : public ::testing::Test {
 protected:
  HttpServerTest() {
    options.port = 0;
    router.add("GET", "/hello", [](HttpRequest, Respond respond) {
      respond(HttpResponse{200, "{}", "application/json", {}});
    });
    router.add("POST", "/echo", [](HttpRequest request, Respond respond) {
      respond(HttpResponse{200, std::move(request.body), "text/plain", {}});
    });
    router.add("GET", "/items/{id}", [](HttpRequest request, Respond respond) {
      respond(HttpResponse{200, std::string(request.path_parameter("id")), "text/plain", {}});
    });
    // Keeps the Respond until the test lets it go.
    router.add("GET", "/held", [this](HttpRequest, Respond respond) { held.set_value(std::move(respond)); });
    router.add("GET", "/dropped", [](HttpRequest, Respond) {});
    router.add("GET", "/throws", [](HttpRequest, Respond) { throw std::runtime_error("broken"); });
    router.add("GET", "/metrics", metrics_handler(metrics));
  }

  void start() { server = HttpServer::listen(options, router, metrics); }
  std::string ask(std::string_view bytes) {
    TestClient client(server->port());
    client.send(bytes);
    return client.read_answer();
  }

  Metrics metrics;
  HttpServerOptions options;
  Router router;
  std::promise<Respond> held;
  std::unique_ptr<HttpServer> server;
};

TEST_F(HttpServerTest, AnswersWithTheHeadersEveryAnswerHas) {
  start();
  const std::string answer = ask(get_hello);
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(answer, HasSubstr("\r\nServer: vestnik\r\n"));
  EXPECT_THAT(answer, HasSubstr("\r\nX-Content-Type-Options: nosniff\r\n"));
  EXPECT_THAT(answer, HasSubstr(" GMT\r\n"));
  EXPECT_THAT(answer, HasSubstr("\r\nContent-Length: 2\r\n"));
  EXPECT_THAT(answer, HasSubstr("\r\n\r\n{}"));
}

TEST_F(HttpServerTest, TenThousandRequestsOnOneConnection) {
  start();
  TestClient client(server->port());
  for (int i = 0; i < 10'000; ++i) {
    client.send(get_hello);
    ASSERT_THAT(client.read_answer(), StartsWith("HTTP/1.1 200")) << i;
  }
}

TEST_F(HttpServerTest, PipelinedRequestsAreAnsweredInOrder) {
  start();
  TestClient client(server->port());
  std::string all;
  for (int i = 0; i < 500; ++i) all += "GET /items/" + std::to_string(i) + " HTTP/1.1\r\nHost: x\r\n\r\n";
  std::thread sender([&] { client.send(all); });
  for (int i = 0; i < 500; ++i) ASSERT_THAT(client.read_answer(), HasSubstr("\r\n\r\n" + std::to_string(i)));
  sender.join();
}

TEST_F(HttpServerTest, ARequestMayComeByteByByte) {
  start();
  TestClient client(server->port());
  for (char c : std::string_view("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nabcde"))
    client.send({&c, 1});
  EXPECT_THAT(client.read_answer(), HasSubstr("\r\n\r\nabcde"));
}

TEST_F(HttpServerTest, AChunkedBodyIsJoined) {
  start();
  EXPECT_THAT(ask("POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                  "3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nX-Trailer: t\r\n\r\n"),
              HasSubstr("\r\n\r\nabcde"));
}

TEST_F(HttpServerTest, HeadIsGetWithoutTheBody) {
  start();
  TestClient client(server->port());
  client.send("HEAD /hello HTTP/1.1\r\nHost: x\r\n\r\n");
  client.send(get_hello);
  EXPECT_THAT(client.read_answer(false), HasSubstr("Content-Length: 2\r\n"));
  EXPECT_THAT(client.read_answer(), StartsWith("HTTP/1.1 200"));
}

TEST_F(HttpServerTest, ExpectationsAreMet) {
  start();
  TestClient client(server->port());
  client.send("POST /echo HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  EXPECT_THAT(client.read_answer(false), StartsWith("HTTP/1.1 100 Continue"));
  client.send("ok");
  EXPECT_THAT(client.read_answer(), HasSubstr("\r\n\r\nok"));
  // A body that is too large is refused before it is sent.
  client.send("POST /echo HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 99999999\r\n\r\n");
  EXPECT_THAT(client.read_answer(), StartsWith("HTTP/1.1 413"));
}

TEST_F(HttpServerTest, Http10ClosesUnlessAskedNotTo) {
  start();
  TestClient client(server->port());
  client.send("GET /hello HTTP/1.0\r\n\r\n");
  EXPECT_THAT(client.read_answer(), HasSubstr("Connection: close\r\n"));
  EXPECT_TRUE(client.closed());
}

TEST_F(HttpServerTest, UnknownPathsAndMethodsAreProblems) {
  start();
  EXPECT_THAT(ask("GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n"), StartsWith("HTTP/1.1 404"));
  const std::string wrong_method = ask("DELETE /hello HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(wrong_method, StartsWith("HTTP/1.1 405"));
  EXPECT_THAT(wrong_method, HasSubstr("Allow: GET, HEAD\r\n"));
  EXPECT_THAT(wrong_method, HasSubstr("Content-Type: application/problem+json\r\n"));
  EXPECT_THAT(ask("BREW /hello HTTP/1.1\r\nHost: x\r\n\r\n"), StartsWith("HTTP/1.1 501"));
}

struct BadInput {
  const char* name;
  std::string bytes;
  const char* status;
};

class HttpServerBadInput : public HttpServerTest, public ::testing::WithParamInterface<BadInput> {};

TEST_P(HttpServerBadInput, IsRefusedAndTheConnectionClosed) {
  options.header_bytes_max = 1024;
  options.body_bytes_max = 100;
  start();
  TestClient client(server->port());
  client.send(GetParam().bytes);
  const std::string answer = client.read_answer();
  EXPECT_EQ(status_of(answer).substr(9, 3), GetParam().status) << answer;
  EXPECT_THAT(answer, HasSubstr("Content-Type: application/problem+json\r\n"));
  EXPECT_THAT(answer, HasSubstr("Connection: close\r\n"));
  client.half_close();
  EXPECT_TRUE(client.closed());
}

std::string post(std::string header, std::string body = "") {
  return "POST /echo HTTP/1.1\r\nHost: x\r\n" + header + "\r\n" + body;
}

INSTANTIATE_TEST_SUITE_P(
    All, HttpServerBadInput,
    ::testing::Values(
        BadInput{"LengthAndCoding", post("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
                 "400"},
        BadInput{"CodingAndLength", post("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n", "0\r\n\r\n"),
                 "400"},
        BadInput{"TwoLengths", post("Content-Length: 3\r\nContent-Length: 4\r\n", "abcd"), "400"},
        BadInput{"TwoEqualLengths", post("Content-Length: 3\r\nContent-Length: 3\r\n", "abc"), "400"},
        BadInput{"LengthList", post("Content-Length: 3, 3\r\n", "abc"), "400"},
        BadInput{"NegativeLength", post("Content-Length: -1\r\n"), "400"},
        BadInput{"SignedLength", post("Content-Length: +3\r\n", "abc"), "400"},
        BadInput{"HugeLength", post("Content-Length: 99999999999999999999999\r\n"), "400"},
        BadInput{"OtherCoding", post("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"), "501"},
        BadInput{"ChunkedNotLast", post("Transfer-Encoding: chunked, gzip\r\n", "0\r\n\r\n"), "501"},
        BadInput{"TwoCodings",
                 post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), "400"},
        BadInput{"BadChunkSize", post("Transfer-Encoding: chunked\r\n", "zz\r\nabc\r\n"), "400"},
        BadInput{"ChunksTooLarge",
                 post("Transfer-Encoding: chunked\r\n",
                      "64\r\n" + std::string(100, 'a') + "\r\n1\r\na\r\n0\r\n\r\n"),
                 "413"},
        BadInput{"ChunkLineTooLong", post("Transfer-Encoding: chunked\r\n", "1;" + std::string(5000, 'a')),
                 "431"},
        BadInput{"BodyTooLarge", post("Content-Length: 101\r\n", std::string(101, 'a')), "413"},
        BadInput{"BareLf", "GET /hello HTTP/1.1\nHost: x\n\n", "400"},
        BadInput{"BareLfInHeader", "GET /hello HTTP/1.1\r\nHost: x\nA: b\r\n\r\n", "400"},
        BadInput{"BareLfAtTheEnd", "GET /hello HTTP/1.1\r\nHost: x\r\n\nX: y\r\n\r\n", "400"},
        BadInput{"ObsFold", "GET /hello HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n", "400"},
        BadInput{"SpaceBeforeColon", "GET /hello HTTP/1.1\r\nHost : x\r\n\r\n", "400"},
        BadInput{"NulInHeader", "GET /hello HTTP/1.1\r\nHost: x\r\nA: b"s + '\0' + "c\r\n\r\n", "400"},
        BadInput{"NoHost", "GET /hello HTTP/1.1\r\n\r\n", "400"},
        BadInput{"TwoHosts", "GET /hello HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", "400"},
        BadInput{"HostWithPath", "GET /hello HTTP/1.1\r\nHost: x/y\r\n\r\n", "400"},
        BadInput{"NotHttp", "\x16\x03\x01 hello\r\n\r\n", "400"},
        BadInput{"Http2", "GET /hello HTTP/2.0\r\nHost: x\r\n\r\n", "505"},
        BadInput{"BrokenEscape", "GET /items/%zz HTTP/1.1\r\nHost: x\r\n\r\n", "400"},
        BadInput{"EscapedNul", "GET /items/%00 HTTP/1.1\r\nHost: x\r\n\r\n", "400"},
        BadInput{"TargetWithoutSlash", "GET hello HTTP/1.1\r\nHost: x\r\n\r\n", "400"},
        BadInput{"Expectation", post("Expect: 200-ok\r\nContent-Length: 1\r\n", "a"), "417"},
        BadInput{"HeaderTooLarge",
                 "GET /hello HTTP/1.1\r\nHost: x\r\nA: " + std::string(2000, 'a') + "\r\n\r\n", "431"},
        BadInput{"TargetTooLarge", "GET /" + std::string(5000, 'a'), "431"}),
    [](const auto& test) { return test.param.name; });

TEST_F(HttpServerTest, ManyHeadersInManyPacketsAreBoundedToo) {
  options.header_bytes_max = 1024;
  start();
  TestClient client(server->port());
  client.send("GET /hello HTTP/1.1\r\nHost: x\r\n");
  for (int i = 0; i < 200; ++i) client.send("A: 0123456789\r\n");
  EXPECT_THAT(client.read_answer(), StartsWith("HTTP/1.1 431"));
}

TEST_F(HttpServerTest, AnAbsoluteTargetIsServed) {
  start();
  EXPECT_THAT(ask("GET http://x:80/items/a%2Fb?q=1 HTTP/1.1\r\nHost: x\r\n\r\n"), HasSubstr("\r\n\r\na/b"));
}

TEST_F(HttpServerTest, ASlowHeaderEndsWith408) {
  options.header_deadline = 100ms;
  start();
  TestClient slow(server->port());
  slow.send("GET /hello HT");
  EXPECT_THAT(ask(get_hello), StartsWith("HTTP/1.1 200"));  // nobody else waits for it
  EXPECT_THAT(slow.read_answer(), StartsWith("HTTP/1.1 408"));
  slow.half_close();
  EXPECT_TRUE(slow.closed());
}

TEST_F(HttpServerTest, ASlowBodyEndsWith408) {
  options.body_deadline = 100ms;
  start();
  EXPECT_THAT(ask("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab"),
              StartsWith("HTTP/1.1 408"));
}

TEST_F(HttpServerTest, AnIdleConnectionIsClosedInSilence) {
  options.idle_deadline = 100ms;
  start();
  TestClient client(server->port());
  EXPECT_TRUE(client.closed());
}

TEST_F(HttpServerTest, AClientThatDoesNotReadCostsOnlyItself) {
  options.write_deadline = 200ms;
  router.add("GET", "/big", [](HttpRequest, Respond respond) {
    respond(HttpResponse{200, std::string(32 << 20, 'x'), "text/plain", {}});
  });
  start();
  TestClient client(server->port());
  client.send("GET /big HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(ask(get_hello), StartsWith("HTTP/1.1 200"));
  server->stop(10s);  // returns only because the write was given up
  EXPECT_EQ(client.read_answer(), "");
}

TEST_F(HttpServerTest, HalfARequestThenCloseIsHarmless) {
  start();
  {
    TestClient client(server->port());
    client.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab");
    client.half_close();
    EXPECT_TRUE(client.closed());
  }
  EXPECT_THAT(ask(get_hello), StartsWith("HTTP/1.1 200"));
}

TEST_F(HttpServerTest, AnAnswerMayComeFromAnotherThread) {
  start();
  TestClient client(server->port());
  client.send("GET /held HTTP/1.1\r\nHost: x\r\n\r\n");
  Respond respond = held.get_future().get();
  std::thread([&] { respond(HttpResponse{202, "{}", "application/json", {}}); }).join();
  EXPECT_THAT(client.read_answer(), StartsWith("HTTP/1.1 202"));
}

TEST_F(HttpServerTest, AnAnswerForAClientThatLeftIsHarmless) {
  start();
  {
    TestClient client(server->port());
    client.send("GET /held HTTP/1.1\r\nHost: x\r\n\r\n");
    Respond respond = held.get_future().get();
    client.close();
    respond(HttpResponse{});
  }
  EXPECT_THAT(ask(get_hello), StartsWith("HTTP/1.1 200"));
}

TEST_F(HttpServerTest, ADroppedRequestAndAFailedHandlerAnswer500) {
  start();
  EXPECT_THAT(ask("GET /dropped HTTP/1.1\r\nHost: x\r\n\r\n"), StartsWith("HTTP/1.1 500"));
  EXPECT_THAT(ask("GET /throws HTTP/1.1\r\nHost: x\r\n\r\n"), StartsWith("HTTP/1.1 500"));
}

TEST_F(HttpServerTest, AnAnswerThatTakesTooLongIs503) {
  options.answer_deadline = 100ms;
  start();
  TestClient client(server->port());
  client.send("GET /held HTTP/1.1\r\nHost: x\r\n\r\n");
  Respond late = held.get_future().get();
  EXPECT_THAT(client.read_answer(), StartsWith("HTTP/1.1 503"));
  late(HttpResponse{});
  client.send(get_hello);
  EXPECT_THAT(client.read_answer(), StartsWith("HTTP/1.1 200"));
}

TEST_F(HttpServerTest, TheRequestInHandIsAnsweredBeforeTheServerStops) {
  options.threads = 1;  // each drains when it comes to it, so one's idle connection says nothing of another's
  start();
  TestClient idle(server->port());
  idle.send(get_hello);
  idle.read_answer();
  TestClient client(server->port());
  client.send("GET /held HTTP/1.1\r\nHost: x\r\n\r\n");
  Respond respond = held.get_future().get();
  auto stopped = std::async(std::launch::async, [&] { server->stop(10s); });
  EXPECT_TRUE(idle.closed());  // so the drain has begun
  respond(HttpResponse{});
  const std::string answer = client.read_answer();
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(answer, HasSubstr("Connection: close\r\n"));
  client.close();
  EXPECT_EQ(stopped.wait_for(5s), std::future_status::ready);
  EXPECT_THROW(TestClient{server->port()}, std::runtime_error);
}

TEST_F(HttpServerTest, ARequestThatNobodyAnswersDoesNotHoldUpTheStop) {
  start();
  TestClient client(server->port());
  client.send("GET /held HTTP/1.1\r\nHost: x\r\n\r\n");
  Respond respond = held.get_future().get();
  server->stop(10ms);
  EXPECT_TRUE(client.closed());
  server.reset();
  respond(HttpResponse{});  // the server is gone
}

TEST_F(HttpServerTest, AConnectionBeyondTheLimitIsToldSo) {
  options.connections_max = 2;
  start();
  TestClient first(server->port());
  TestClient second(server->port());
  for (TestClient* client : {&first, &second}) {
    client->send(get_hello);
    EXPECT_THAT(client->read_answer(), StartsWith("HTTP/1.1 200"));
  }
  TestClient third(server->port());
  const std::string answer = third.read_answer();
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 503"));
  EXPECT_THAT(answer, HasSubstr("Retry-After: 1\r\n"));
  third.half_close();
  EXPECT_TRUE(third.closed());
}

TEST_F(HttpServerTest, ATakenPortIsNamedWithWhatToDo) {
  start();
  HttpServerOptions same = options;
  same.port = server->port();
  try {
    HttpServer::listen(same, router, metrics);
    FAIL() << "two servers on one port";
  } catch (const std::runtime_error& e) {
    EXPECT_THAT(e.what(), HasSubstr("port " + std::to_string(server->port()) + " is taken"));
    EXPECT_THAT(e.what(), HasSubstr("set PORT"));
  }
}

TEST_F(HttpServerTest, AnUnknownHostIsAnError) {
  options.host = "256.256.256.256";
  EXPECT_THROW(start(), std::runtime_error);
}

TEST_F(HttpServerTest, MetricsHaveTheTemplateNotThePath) {
  options.threads = 1;
  start();
  ask("GET /items/secret HTTP/1.1\r\nHost: x\r\n\r\n");
  ask("GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n");
  const std::string answer = ask("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(answer, HasSubstr("Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"));
  EXPECT_THAT(answer,
              HasSubstr(R"(vestnik_http_requests_total{method="GET",route="/items/{id}",status="2xx"} 1)"));
  EXPECT_THAT(answer, HasSubstr(R"(vestnik_http_requests_total{method="GET",route="none",status="4xx"} 1)"));
  EXPECT_THAT(answer, HasSubstr("vestnik_http_request_duration_seconds_bucket"));
  EXPECT_THAT(answer, Not(HasSubstr("secret")));
}

}  // namespace
}  // namespace vestnik::net
