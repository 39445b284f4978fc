// SPDX-License-Identifier: Apache-2.0
//
// Servers of DNS over HTTPS whose responses are of no use, or that cannot be asked; and what is said of them.
#include <gmock/gmock.h>

#include "tests/upstream/https_fixture.h"

namespace cenote::upstream {
namespace {

constexpr std::uint32_t kInternalError = 2;

struct Useless {
    const char* what;
    HttpsScript script;
    const char* why;
};

class UselessResponseTest : public HttpsForwarderTest, public testing::WithParamInterface<Useless> {};

/// The next server is asked; without one the query fails, in time.
TEST_P(UselessResponseTest, IsNoAnswer) {
    const HttpsUpstream hostile({.script = GetParam().script});
    start_with(hostile);
    const Reported failed = resolve("www.example");
    EXPECT_EQ(failed.ending, Ending::Failed);
    EXPECT_EQ(failed.shape.rcode, wire::Rcode::ServFail);
    EXPECT_EQ(forwarder_->counters().http_refused, 1U);
    EXPECT_EQ(asked(hostile), 1U) << "nothing is followed, nothing sent again";
    EXPECT_EQ(forwarder_->health().at(0).failures, 1U);
    EXPECT_EQ(forwarder_->health().at(0).why, "") << "one is not enough to be sick";
    for (const char* name : {"second.example", "third.example"}) EXPECT_EQ(resolve(name).ending, Ending::Failed);
    EXPECT_FALSE(forwarder_->health().at(0).healthy);
    EXPECT_EQ(forwarder_->health().at(0).why, GetParam().why);
    forwarder_.reset();

    ScriptedUpstream good(test::answer_right());
    Options options = options_with({&hostile});
    options.servers.push_back({good.address(), ""});
    start(options);
    EXPECT_TRUE(is_right(resolve("next.example")));
    forwarder_.reset();
}

HttpsScript with_status(int status, std::pair<std::string, std::string> field) {
    return [=](const HttpsQuery& query) {
        HttpsReply reply = https_answer(right_answer(query.body));
        reply.status = status;
        reply.fields.push_back(field);
        return reply;
    };
}

HttpsScript with_type(const std::string& type) {
    return [=](const HttpsQuery& query) {
        HttpsReply reply = https_answer(right_answer(query.body));
        reply.fields.clear();
        if (!type.empty()) reply.fields.emplace_back("content-type", type);
        return reply;
    };
}

Bytes other_question(const Bytes& query) {
    Bytes answer = right_answer(query);
    answer[13] = static_cast<std::uint8_t>(answer[13] ^ 1U);  // a letter of the name
    return answer;
}

Bytes other_id(const Bytes& query) {
    Bytes answer = right_answer(query);
    answer[1] = 1;
    return answer;
}

HttpsScript with_fields(std::vector<std::pair<std::string, std::string>> more) {
    return [=](const HttpsQuery& query) {
        HttpsReply reply = https_answer(right_answer(query.body));
        reply.fields.insert(reply.fields.end(), more.begin(), more.end());
        return reply;
    };
}

std::vector<std::pair<std::string, std::string>> many_fields() {
    return std::vector<std::pair<std::string, std::string>>(20, {"x", std::string(1000, 'x')});
}

HttpsReply reset(const HttpsQuery&) { return {.kind = HttpsReply::Kind::Reset, .error = kInternalError}; }

const Useless kUselessHeads[] = {
    {"Redirect", with_status(302, {"location", "https://other.example/dns-query"}), "its response has HTTP status 302"},
    {"PermanentRedirect", with_status(308, {"location", "/elsewhere"}), "its response has HTTP status 308"},
    {"NotFound", with_status(404, {"server", "a"}), "its response has HTTP status 404"},
    {"BadGateway", with_status(502, {"retry-after", "0"}), "its response has HTTP status 502"},
    {"NoContent", with_status(204, {"server", "a"}), "it resets the requests, or its responses are malformed"},
    {"Created", with_status(201, {"server", "a"}), "its response has HTTP status 201"},
    {"Html", with_type("text/html"), "its response is no application/dns-message"},
    {"Json", with_type("application/dns-json"), "its response is no application/dns-message"},
    {"NoType", with_type(""), "its response is no application/dns-message"},
    {"Length", with_fields({{"content-length", "104857600"}}), "its response is too large"},
    {"ManyFields", with_fields(many_fields()), "its response is too large"},
};

const Useless kUselessBodies[] = {
    {"OtherQuestion", with_body(other_question), "its response answers another query"},
    {"OtherId", with_body(other_id), "its response answers another query"},
    {"AQuery", with_body([](const Bytes& query) { return query; }), "its response answers another query"},
    {"Empty", with_body([](const Bytes&) { return Bytes{}; }), "its response answers another query"},
    {"Header", with_body([](const Bytes& query) { return Bytes(query.begin(), query.begin() + 12); }),
     "its response answers another query"},
    {"Noise", with_body([](const Bytes&) { return Bytes(500, 0xa5); }), "its response answers another query"},
    {"TooLarge", with_body([](const Bytes&) { return Bytes(100'000); }), "its response is too large"},
    {"Reset", reset, "it resets the requests, or its responses are malformed"},
};

std::string name_of(const testing::TestParamInfo<Useless>& useless) { return useless.param.what; }

INSTANTIATE_TEST_SUITE_P(Heads, UselessResponseTest, testing::ValuesIn(kUselessHeads), name_of);
INSTANTIATE_TEST_SUITE_P(Bodies, UselessResponseTest, testing::ValuesIn(kUselessBodies), name_of);

TEST_F(HttpsForwarderTest, AServerThatIsSickSaysWhy) {
    const auto why = [this](const Options& options) {
        start(options);
        for (const char* name : {"first.example", "second.example", "third.example"}) resolve(name);
        const ServerHealth health = forwarder_->health().at(0);
        EXPECT_FALSE(health.healthy);
        forwarder_.reset();
        sink_.reported.clear();
        return health.why;
    };
    const HttpsUpstream upstream({});
    EXPECT_EQ(why(options_with({&upstream}, "other.example")), "its certificate is not accepted: hostname mismatch");
    Options unknown = options_with({&upstream});
    unknown.tls_ca_file.clear();
    EXPECT_THAT(why(unknown), testing::StartsWith("its certificate is not accepted: "));
    Options unreadable = options_with({&upstream});
    unreadable.tls_ca_file = "/nonexistent/ca.pem";
    EXPECT_EQ(why(unreadable), "the certificate authorities cannot be read");
    const HttpsUpstream expired({.expired = true});
    EXPECT_EQ(why(options_with({&expired})), "its certificate is not accepted: certificate has expired");
    const HttpsUpstream old({.protocol = "http/1.1"});
    EXPECT_EQ(why(options_with({&old})), "TLS: bad extension") << "it chooses a protocol that was not offered";
    Options refused = options_with({&upstream});
    refused.servers = {{HttpsUpstream({}).address(), "dns.example", "/dns-query"}};  // it is gone
    EXPECT_EQ(why(refused), "it refuses connections");
}

}  // namespace
}  // namespace cenote::upstream
