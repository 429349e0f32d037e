#include "app/page.h"

#include <algorithm>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <optional>
#include <string>
#include <utility>

#include "app/embedded.h"

namespace vestnik::app {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr EmbeddedFile files[] = {
    {"src/app/openapi.json", "{}"},        {"web/index.html", "<html>"},
    {"web/index.html.gz", "zipped html"},  {"web/mail.html", "<html>mail"},
    {"web/assets/page-a1b2.js", "script"}, {"web/assets/page-a1b2.js.gz", "zipped script"},
    {"web/favicon.svg", "<svg>"},
};

class PageTest : public testing::Test {
 protected:
  PageTest() { add_page_routes(router, files); }

  net::HttpResponse get(const std::string& path, const std::string& accept_encoding = "",
                        const std::string& if_none_match = "") {
    net::HttpRequest request{.method = "GET", .target = path, .path = path};
    if (!accept_encoding.empty()) request.headers.emplace_back("accept-encoding", accept_encoding);
    if (!if_none_match.empty()) request.headers.emplace_back("if-none-match", if_none_match);
    std::optional<net::HttpResponse> answer;
    router.handle(std::move(request),
                  net::Respond([&](net::HttpResponse response) { answer = std::move(response); }));
    return std::move(answer).value();
  }
  static std::string header(const net::HttpResponse& response, std::string_view name) {
    const auto found = std::ranges::find(response.headers, name,
                                         [](const auto& header) { return std::string_view(header.first); });
    return found == response.headers.end() ? "" : found->second;
  }

  net::Router router;
};

TEST_F(PageTest, ServesTheFilesUnderWebAndNoOthers) {
  EXPECT_EQ(get("/").body, "<html>");
  EXPECT_EQ(get("/").content_type, "text/html; charset=utf-8");
  EXPECT_EQ(get("/assets/page-a1b2.js").body, "script");
  EXPECT_EQ(get("/assets/page-a1b2.js").content_type, "text/javascript; charset=utf-8");
  EXPECT_EQ(get("/favicon.svg").content_type, "image/svg+xml");
  EXPECT_EQ(get("/index.html.gz").status, 404);
  EXPECT_EQ(get("/src/app/openapi.json").status, 404);
}

TEST_F(PageTest, CompressesForThoseWhoTakeIt) {
  for (const char* accepted : {"gzip", "br, gzip;q=0.5", "deflate , gzip", "*", "gzip;q=1.0"}) {
    const net::HttpResponse response = get("/", accepted);
    EXPECT_EQ(response.body, "zipped html") << accepted;
    EXPECT_EQ(header(response, "Content-Encoding"), "gzip") << accepted;
    EXPECT_EQ(header(response, "Vary"), "Accept-Encoding");
  }
  for (const char* refused : {"", "br", "gzip;q=0", "gzip; q=0.000", "x-gzip"}) {
    const net::HttpResponse response = get("/", refused);
    EXPECT_EQ(response.body, "<html>") << refused;
    EXPECT_EQ(header(response, "Content-Encoding"), "") << refused;
  }
  EXPECT_EQ(get("/favicon.svg", "gzip").body, "<svg>");
}

TEST_F(PageTest, KnowsWhatTheClientHas) {
  const std::string plain = header(get("/"), "ETag"), zipped = header(get("/", "gzip"), "ETag");
  EXPECT_NE(plain, zipped);
  for (const std::string& known : {plain, "W/" + plain, "\"other\", " + plain, std::string("*")}) {
    const net::HttpResponse response = get("/", "", known);
    EXPECT_EQ(response.status, 304) << known;
    EXPECT_EQ(response.body, "");
    EXPECT_EQ(header(response, "ETag"), plain);
  }
  EXPECT_EQ(get("/", "gzip", zipped).status, 304);
  EXPECT_EQ(get("/", "gzip", plain).status, 200);
  EXPECT_EQ(get("/", "", "\"0\"").status, 200);
}

TEST_F(PageTest, OnlyWhatItsNameChangesWithMayBeKept) {
  EXPECT_THAT(header(get("/assets/page-a1b2.js"), "Cache-Control"), HasSubstr("immutable"));
  EXPECT_EQ(header(get("/"), "Cache-Control"), "no-cache");
  EXPECT_EQ(header(get("/favicon.svg"), "Cache-Control"), "no-cache");
}

TEST_F(PageTest, OnlyTheMailMayStyleItself) {
  const std::string page = header(get("/"), "Content-Security-Policy");
  EXPECT_THAT(page, Not(HasSubstr("unsafe")));
  EXPECT_THAT(page, HasSubstr("frame-ancestors 'none'"));
  const std::string mail = header(get("/mail.html"), "Content-Security-Policy");
  EXPECT_THAT(mail, HasSubstr("sandbox allow-scripts;"));
  EXPECT_THAT(mail, HasSubstr("style-src 'unsafe-inline'"));
  EXPECT_THAT(mail, HasSubstr("script-src 'self';"));
}

TEST(EmbeddedPage, IsSmallEnoughToLoadAnywhere) {
  constexpr std::size_t compressed_bytes_max = 100'000;
  std::size_t bytes = 0;
  for (const EmbeddedFile& file : embedded_files()) {
    if (!file.path.starts_with("web/") || file.path.ends_with(".gz")) continue;
    const std::string_view gzip = embedded_content(embedded_files(), std::string(file.path) + ".gz");
    bytes += gzip.empty() ? file.content.size() : gzip.size();
  }
  EXPECT_GT(bytes, 10'000U) << "is it there at all?";
  EXPECT_LT(bytes, compressed_bytes_max);
}

}  // namespace
}  // namespace vestnik::app
