// TLS and AUTH against a real server with certificates of a test CA.
#include <cstdlib>

#include "email/smtp_peer.h"

namespace vestnik::email {
namespace {

class SmtpTls : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    directory_ = std::make_unique<TemporaryDirectory>();
    const std::string script = "cd '" + directory_->path().string() +
                               "' && exec 2>/dev/null && new='openssl req -x509 -newkey ec -pkeyopt "
                               "ec_paramgen_curve:P-256 -nodes -days 2' && "
                               "$new -keyout ca.key -out ca.pem -subj /CN=test-ca && "
                               "$new -keyout other.key -out other-ca.pem -subj /CN=another-ca && "
                               "$new -CA ca.pem -CAkey ca.key -keyout good.key -out good.pem -subj /CN=mx "
                               "-addext subjectAltName=DNS:localhost,IP:127.0.0.1 && "
                               "$new -CA ca.pem -CAkey ca.key -keyout wrong.key -out wrong.pem -subj /CN=mx "
                               "-addext subjectAltName=DNS:mx.example.org";
    ASSERT_EQ(std::system(script.c_str()), 0);
  }
  static void TearDownTestSuite() { directory_.reset(); }

  static std::string file(const std::string& name) { return (directory_->path() / name).string(); }
  static std::vector<std::string> server(const std::string& tls, const std::string& certificate,
                                         std::vector<std::string> more = {}) {
    std::vector<std::string> options{
        "--tls", tls, "--cert", file(certificate + ".pem"), "--key", file(certificate + ".key")};
    options.insert(options.end(), more.begin(), more.end());
    return options;
  }
  static std::string url(const std::string& scheme, const std::string& credentials, const SmtpPeer& peer,
                         const std::string& options) {
    return scheme + "://" + credentials + "127.0.0.1:" + std::to_string(peer.port()) + "?" + options;
  }
  static std::string trusting(const std::string& ca) { return "ca_file=" + file(ca); }

  static std::unique_ptr<TemporaryDirectory> directory_;
};

std::unique_ptr<TemporaryDirectory> SmtpTls::directory_;

TEST_F(SmtpTls, StarttlsWithACheckedCertificateAndAuthPlain) {
  SmtpPeer peer(server("required", "good", {"--auth", "us@er:p:ss w"}));
  Sending sending(url("smtp", "us%40er:p%3Ass%20w@", peer, "tls=required&" + trusting("ca.pem")));
  for (int i = 0; i < 20; ++i) sending.send("a@example.org");
  for (int i = 0; i < 20; ++i) expect_outcome<Sent>(sending.outcome(i));
  const auto messages = peer.messages();
  ASSERT_EQ(messages.size(), 20U);
  EXPECT_TRUE(messages[0].at("tls").as_bool());
  EXPECT_EQ(messages[0].at("auth").as_string(), "us@er");
}

TEST_F(SmtpTls, ImplicitTlsAndAuthLogin) {
  SmtpPeer peer(server("implicit", "good", {"--auth", "user:password", "--auth-only", "LOGIN"}));
  Sending sending(url("smtps", "user:password@", peer, trusting("ca.pem")));
  expect_outcome<Sent>(sending.outcome(sending.send("a@example.org")));
  ASSERT_EQ(peer.messages().size(), 1U);
  EXPECT_TRUE(peer.messages()[0].at("tls").as_bool());
  EXPECT_EQ(peer.messages()[0].at("auth").as_string(), "user");
}

TEST_F(SmtpTls, ACertificateOfAnotherHostOrCaIsRefused) {
  const std::vector<std::pair<std::string, std::string>> cases{{"wrong", "ca.pem"}, {"good", "other-ca.pem"}};
  for (const auto& [certificate, ca] : cases) {
    for (const std::string tls : {"starttls", "implicit"}) {
      SmtpPeer peer(server(tls, certificate));
      Sending sending(url(tls == "implicit" ? "smtps" : "smtp", "", peer,
                          trusting(ca) + (tls == "implicit" ? "" : "&tls=required")));
      const auto answer = expect_outcome<Transient>(sending.outcome(sending.send("a@example.org"))).answer;
      EXPECT_NE(answer.find("certificate verify failed"), std::string::npos) << answer;
      EXPECT_FALSE(sending.health().well);
      EXPECT_TRUE(peer.messages().empty());
    }
  }
}

TEST_F(SmtpTls, RequiredWithoutAnOfferSendsNothing) {
  SmtpPeer peer;
  Sending sending(peer.url("tls=required"));
  expect_outcome<Transient>(sending.outcome(sending.send("a@example.org")));
  EXPECT_TRUE(peer.messages().empty());
}

TEST_F(SmtpTls, OpportunisticTakesAnyCertificate) {
  SmtpPeer peer(server("starttls", "wrong"));
  Sending sending(peer.url());
  expect_outcome<Sent>(sending.outcome(sending.send("a@example.org")));
  EXPECT_TRUE(peer.messages().at(0).at("tls").as_bool());
}

TEST_F(SmtpTls, AHandshakeThatFailsEndsInTheClearOnlyWhereThatIsAllowed) {
  SmtpPeer peer(server("starttls", "good", {"--tls-broken"}));
  Sending opportunistic(peer.url());
  expect_outcome<Sent>(opportunistic.outcome(opportunistic.send("a@example.org")));
  EXPECT_FALSE(peer.messages().at(0).at("tls").as_bool());
  Sending required(url("smtp", "", peer, "tls=required&verify=no"));
  expect_outcome<Transient>(required.outcome(required.send("a@example.org")));
  EXPECT_EQ(peer.messages().size(), 1U);
}

TEST_F(SmtpTls, AWrongPasswordIsTheConnectionsFailureAndStaysSecret) {
  SmtpPeer peer(server("required", "good", {"--auth", "user:right"}));
  Sending sending(url("smtp", "user:hunter2@", peer, "tls=required&" + trusting("ca.pem")));
  const auto answer = expect_outcome<Transient>(sending.outcome(sending.send("a@example.org"))).answer;
  EXPECT_NE(answer.find("535"), std::string::npos) << answer;
  EXPECT_EQ((answer + sending.health().detail).find("hunter2"), std::string::npos);
  EXPECT_FALSE(sending.health().well);
  EXPECT_TRUE(peer.messages().empty());
}

TEST_F(SmtpTls, ACaFileThatIsMissingStopsTheStart) {
  EXPECT_THROW(Sending("smtp://127.0.0.1:1?tls=required&ca_file=/nowhere/ca.pem"), std::runtime_error);
}

}  // namespace
}  // namespace vestnik::email
