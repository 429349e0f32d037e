#include "planning/api.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/option.h"

namespace vestnik::planning {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class PlanningApiTest : public ::testing::Test {
 protected:
  PlanningApiTest() { serve(load_configured(config::defaults()).value()); }

  void serve(Configured configured, std::vector<std::string> keys = {}) {
    router_ = {};
    api_ = std::make_unique<Api>(std::make_shared<const Configured>(std::move(configured)),
                                 [](std::string_view text) -> Result<json::object, std::string> {
                                   if (text.empty()) return std::unexpected("the message has no text");
                                   return json::object{{"encoding", "gsm7"}, {"parts", json::array{text}}};
                                 });
    api_->add_routes(router_, net::ApiKeys(keys));
  }
  void serve_template(std::map<std::string, std::string> parts) {
    SourceFiles files;
    for (auto& [name, content] : parts) files["a/" + name] = {"a/" + name, content};
    serve(configure({}, files, {}).value());
  }

  net::HttpResponse ask(std::string method, std::string path, std::string body = "",
                        std::vector<std::pair<std::string, std::string>> headers = {}) {
    net::HttpResponse answer;
    net::HttpRequest request{.method = std::move(method), .target = path, .path = path};
    request.headers = std::move(headers);
    request.body = std::move(body);
    router_.handle(std::move(request), net::Respond([&](net::HttpResponse r) { answer = std::move(r); }));
    return answer;
  }
  json::object asked(std::string method, std::string path, std::string body = "") {
    const net::HttpResponse answer = ask(std::move(method), std::move(path), std::move(body));
    EXPECT_EQ(answer.status, 200) << answer.body;
    return parse_json_object(answer.body).value_or(json::object());
  }
  json::object preview(std::string body) { return asked("POST", "/v1/templates/a/preview", std::move(body)); }
  // The field that is wrong.
  std::string refused(const std::string& body, int status = 422) {
    const net::HttpResponse answer = ask("POST", "/v1/templates/a/preview", body);
    EXPECT_EQ(answer.status, status) << answer.body;
    const auto problem = parse_json_object(answer.body).value_or(json::object());
    EXPECT_NE(string_member(problem, "detail").value_or(""), "");
    return std::string(string_member(problem, "field").value_or(""));
  }

  net::Router router_;
  std::unique_ptr<Api> api_;
};

TEST_F(PlanningApiTest, WorkflowsWithWhatHoldsForEachStep) {
  auto configured =
      configure({{"order_paid.yaml",
                  {"w",
                   "description: Paid.\n"
                   "steps:\n"
                   "  - {name: now, channel: email, template: a}\n"
                   "  - {name: later, channel: sms, template: a, category: otp, delay: 2d}\n"
                   "  - {name: own, channel: sms, template: a, category: otp, expires_after: 12h}\n"}}},
                {{"a/subject.txt", {"", "s"}}, {"a/body.txt", {"", "b"}}, {"a/sms.txt", {"", "s"}}}, {},
                {{"otp", {.expires_after = std::chrono::minutes(5)}}});
  serve(std::move(configured.value()));
  EXPECT_EQ(
      json::serialize(asked("GET", "/v1/workflows")),
      R"({"workflows":[{"event":"order_paid","steps":[)"
      R"({"name":"now","channel":"email","template":"a","category":"transactional","expires_after":"1d"},)"
      R"({"name":"later","channel":"sms","template":"a","category":"otp","expires_after":"5m","delay":"2d"},)"
      R"({"name":"own","channel":"sms","template":"a","category":"otp","expires_after":"12h"}],)"
      R"("description":"Paid."}]})");
}

TEST_F(PlanningApiTest, TemplatesWithTheirSample) {
  const json::object welcome = asked("GET", "/v1/templates").at("templates").as_array().at(0).as_object();
  EXPECT_EQ(welcome.at("name").as_string(), "welcome");
  EXPECT_THAT(std::string(welcome.at("version").as_string()), StartsWith("welcome@"));
  EXPECT_EQ(json::serialize(welcome.at("channels")), R"(["email","sms"])");
  EXPECT_EQ(welcome.at("sample").at("name").as_string(), "Anna");
  EXPECT_EQ(welcome.at("sample").at("event_type").as_string(), "user_registered");
}

TEST_F(PlanningApiTest, APreviewOfTheSample) {
  const json::object all = asked("POST", "/v1/templates/welcome/preview", "{}");
  EXPECT_EQ(all.at("subject").as_string(), "Welcome, Anna!");
  EXPECT_THAT(std::string(all.at("text").as_string()), HasSubstr("\n  anna@example.com\n  +12025550123\n"));
  EXPECT_THAT(std::string(all.at("html").as_string()), HasSubstr("Welcome, Anna!</h1>"));
  EXPECT_THAT(std::string(all.at("sms").at("text").as_string()), StartsWith("Welcome, Anna! Your"));
  EXPECT_EQ(all.at("sms").at("parts").as_array().at(0), all.at("sms").at("text"));
  for (const char* same : {"", R"({"data":{}})"})
    EXPECT_EQ(asked("POST", "/v1/templates/welcome/preview", same), all) << same;
}

TEST_F(PlanningApiTest, GivenDataTakesTheSamplesPlaceButForWhatIsAlwaysThere) {
  const json::object given =
      asked("POST", "/v1/templates/welcome/preview", R"({"data":{"name":"<Boris>","phone":""}})");
  EXPECT_EQ(given.at("subject").as_string(), "Welcome, <Boris>!");
  EXPECT_THAT(std::string(given.at("html").as_string()), HasSubstr("Welcome, &lt;Boris&gt;!</h1>"));
  EXPECT_THAT(std::string(given.at("text").as_string()), HasSubstr("\n  anna@example.com\n\n"));
  serve_template(
      {{"sms.txt", "{{a}}{{b}}-{{user_id}}"}, {"sample.json", R"({"a":"A","b":"B","user_id":"u"})"}});
  EXPECT_EQ(preview(R"({"data":{"b":"C"}})").at("sms").at("text").as_string(), "C-u");
}

TEST_F(PlanningApiTest, OnlyTheChannelsThatTheTemplateIsWholeFor) {
  serve_template({{"sms.txt", "x"}, {"subject.txt", "s"}});
  EXPECT_EQ(json::serialize(preview("{}")), R"({"sms":{"encoding":"gsm7","parts":["x"],"text":"x"}})");
  EXPECT_EQ(json::serialize(asked("GET", "/v1/templates").at("templates").as_array().at(0).at("channels")),
            R"(["sms"])");
  serve_template({{"body.txt", "x"}, {"subject.txt", "s"}});
  EXPECT_EQ(json::serialize(preview("{}")), R"({"subject":"s","text":"x"})");
}

TEST_F(PlanningApiTest, WhatCanNotBeRenderedNamesTheFault) {
  serve_template({{"sms.txt", "{{#name}}{{name}}{{/name}}"}});
  EXPECT_EQ(refused(R"({"dta":{}})"), "dta");
  EXPECT_EQ(refused(R"({"data":[]})"), "data");
  EXPECT_EQ(refused(R"({"data":null})"), "data");
  EXPECT_EQ(refused(R"({"data":{"phone":79161234567}})"), "data.phone");
  EXPECT_EQ(refused(R"({"data":{"name":")" + std::string(5000, 'x') + "\"}}"), "data");
  EXPECT_EQ(refused(R"({"data":{"name":""}})"), "data") << "there is no empty SMS";
  EXPECT_EQ(refused("[]", 400), "");
  EXPECT_EQ(refused("{", 400), "");
  EXPECT_EQ(ask("POST", "/v1/templates/b/preview", "{}").status, 404);
  EXPECT_EQ(ask("POST", "/v1/templates/a/preview", "{}", {{"content-type", "text/xml"}}).status, 415);
}

TEST_F(PlanningApiTest, KeysAreAskedForWhereThereAreSome) {
  const std::string key = "0123456789abcdef0123456789abcdef";
  serve(load_configured(config::defaults()).value(), {key});
  for (const auto& [method, path] : {std::pair("GET", "/v1/workflows"), std::pair("GET", "/v1/templates"),
                                     std::pair("POST", "/v1/templates/welcome/preview")}) {
    EXPECT_EQ(ask(method, path).status, 401) << path;
    EXPECT_EQ(ask(method, path, "", {{"authorization", "Bearer " + key}}).status, 200) << path;
  }
}

}  // namespace
}  // namespace vestnik::planning
