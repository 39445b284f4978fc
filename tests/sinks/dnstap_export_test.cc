// SPDX-License-Identifier: Apache-2.0
#include "resolver/sinks/dnstap_export.h"

#include <dnstap.pb-c.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <thread>

#include "resolver/base/time_text.h"
#include "resolver/sinks/dnstap_frame.h"
#include "resolver/wire/name.h"
#include "tests/sinks/listener.h"
#include "tests/support/temporary_folder.h"

namespace cenote::sinks {
namespace {

using nlohmann::json;
using telemetry::IdentityLevel;
using telemetry::QueryVerdict;
using telemetry::Source;
using ::testing::HasSubstr;
using testing::Listener;
using testing::quick;
using testing::Stream;

const LogOrigin kOrigin{.node = "dns1", .version = "1.2.3", .policy_digest = "abcd"};

std::string text_of(const ProtobufCBinaryData& data) { return {reinterpret_cast<const char*>(data.data), data.len}; }

struct Free {
    void operator()(Dnstap__Dnstap* frame) const noexcept { dnstap__dnstap__free_unpacked(frame, nullptr); }
};
using Frame = std::unique_ptr<Dnstap__Dnstap, Free>;

Frame frame_of(const std::string& packed) {
    return Frame(dnstap__dnstap__unpack(nullptr, packed.size(), reinterpret_cast<const std::uint8_t*>(packed.data())));
}

HitRecord record(std::string_view text = "chat.deepseek.com") {
    HitRecord made = testing::record(std::string(text));
    const wire::Name name = wire::Name::parse(text).value();
    made.hit.name_size = static_cast<std::uint8_t>(name.wire().size());
    std::ranges::copy(name.wire(), made.hit.name_bytes.begin());
    made.at = parse_time("2026-11-30T00:00:01Z").value() + microseconds(7);
    made.hit.latency_us = 1'000'000;
    made.hit.rcode = wire::Rcode::NXDomain;
    made.service = "deepseek";
    made.group = "staff";
    made.policy_version = 17;
    return made;
}

const Dnstap__Policy& policy_of(const Frame& frame) { return *frame->message->policy; }

Dnstap__Policy__Action action_of(const HitRecord& hit) {
    const Frame frame = frame_of(dnstap_frames(hit, kOrigin).front());
    return policy_of(frame).has_action != 0 ? policy_of(frame).action : static_cast<Dnstap__Policy__Action>(0);
}

UpstreamRecord upstream_record() {
    UpstreamRecord made;
    const wire::Name name = wire::Name::parse("chat.deepseek.com").value();
    made.query.name_size = static_cast<std::uint8_t>(name.wire().size());
    std::ranges::copy(name.wire(), made.query.name_bytes.begin());
    made.query.server = *SocketAddress::parse("192.0.2.53:853", 53);
    made.query.way = telemetry::UpstreamWay::Tls;
    made.query.rcode = wire::Rcode::NXDomain;
    made.asked = parse_time("2026-11-30T00:00:01Z").value() + microseconds(7);
    made.answered = made.asked + microseconds(2'000'001);
    made.directive = "look-1";
    return made;
}

TEST(DnstapUpstreamTest, AQueryToAServerAndItsResponseHaveTheServerAndNoClient) {
    const auto frames = dnstap_frames(upstream_record(), kOrigin);
    ASSERT_EQ(frames.size(), 2);
    const Frame query = frame_of(frames[0]);
    const Frame response = frame_of(frames[1]);
    ASSERT_NE(query, nullptr);
    ASSERT_NE(response, nullptr);
    EXPECT_EQ(query->message->type, DNSTAP__MESSAGE__TYPE__FORWARDER_QUERY);
    EXPECT_EQ(response->message->type, DNSTAP__MESSAGE__TYPE__FORWARDER_RESPONSE);
    for (const Frame* frame : {&query, &response}) {
        const Dnstap__Message& message = *(*frame)->message;
        EXPECT_EQ(message.socket_protocol, DNSTAP__SOCKET_PROTOCOL__DOT);
        EXPECT_EQ(message.socket_family, DNSTAP__SOCKET_FAMILY__INET);
        EXPECT_EQ(text_of(message.response_address), std::string("\xc0\x00\x02\x35", 4));
        EXPECT_EQ(message.response_port, 853);
        EXPECT_EQ(message.has_query_address, 0);
        EXPECT_EQ(message.has_query_port, 0);
        EXPECT_EQ(message.policy, nullptr);
        EXPECT_EQ(message.query_time_nsec, 7000);
        EXPECT_EQ(text_of((*frame)->extra), R"({"directive":"look-1"})");
        EXPECT_EQ(text_of((*frame)->identity), "dns1");
    }
    EXPECT_EQ(query->message->has_response_time_sec, 0);
    EXPECT_EQ(response->message->response_time_sec, query->message->query_time_sec + 2);
    EXPECT_EQ(response->message->response_time_nsec, 8000);
    const std::string header = text_of(response->message->response_message).substr(0, 4);
    EXPECT_EQ(header, std::string("\0\0\x81\x83", 4));
}

TEST(DnstapUpstreamTest, WithoutAResponseThereIsAQueryAloneAndWithoutADirectiveNoExtra) {
    UpstreamRecord record = upstream_record();
    record.answered.reset();
    record.directive.clear();
    record.query.server = *SocketAddress::parse("[2001:db8::53]:53", 53);
    record.query.way = telemetry::UpstreamWay::Udp;
    const auto frames = dnstap_frames(record, kOrigin);
    ASSERT_EQ(frames.size(), 1);
    const Frame query = frame_of(frames[0]);
    EXPECT_EQ(query->has_extra, 0);
    EXPECT_EQ(query->message->socket_protocol, DNSTAP__SOCKET_PROTOCOL__UDP);
    EXPECT_EQ(query->message->response_address.len, 16);
}

TEST(DnstapUpstreamTest, EachWayToAServerHasItsProtocol) {
    UpstreamRecord record = upstream_record();
    for (const auto& [way, protocol] : {std::pair{telemetry::UpstreamWay::Udp, DNSTAP__SOCKET_PROTOCOL__UDP},
                                        {telemetry::UpstreamWay::Tcp, DNSTAP__SOCKET_PROTOCOL__TCP},
                                        {telemetry::UpstreamWay::Tls, DNSTAP__SOCKET_PROTOCOL__DOT},
                                        {telemetry::UpstreamWay::Https, DNSTAP__SOCKET_PROTOCOL__DOH}}) {
        record.query.way = way;
        for (const auto& each : dnstap_frames(record, kOrigin))
            EXPECT_EQ(frame_of(each)->message->socket_protocol, protocol);
    }
}

TEST(DnstapFrames, AHitIsAQueryAndAResponse) {
    const auto frames = dnstap_frames(record(), kOrigin);
    ASSERT_EQ(frames.size(), 2U);
    const Frame query = frame_of(frames[0]);
    ASSERT_NE(query, nullptr);
    EXPECT_EQ(text_of(query->identity), "dns1");
    EXPECT_EQ(text_of(query->version), "cenote 1.2.3");
    EXPECT_EQ(query->message->type, DNSTAP__MESSAGE__TYPE__CLIENT_QUERY);
    EXPECT_EQ(query->message->query_time_sec, 1795996800U);
    EXPECT_EQ(query->message->query_time_nsec, 7000U);
    EXPECT_FALSE(query->message->has_response_time_sec);
    EXPECT_EQ(text_of(query->message->query_message),
              std::string("\0\0\1\0\0\1\0\0\0\0\0\0\4chat\10deepseek\3com\0\0\1\0\1", 35));
    const Frame response = frame_of(frames[1]);
    EXPECT_EQ(response->message->type, DNSTAP__MESSAGE__TYPE__CLIENT_RESPONSE);
    EXPECT_FALSE(response->message->has_query_message);
    EXPECT_EQ(response->message->response_time_sec, 1795996801U);
    EXPECT_EQ(text_of(response->message->response_message).substr(0, 4), std::string("\0\0\x81\x83", 4));
}

TEST(DnstapFrames, ThePolicyNamesTheDirectiveAndTheName) {
    const Frame frame = frame_of(dnstap_frames(record(), kOrigin).front());
    EXPECT_STREQ(policy_of(frame).type, "cenote");
    EXPECT_EQ(text_of(policy_of(frame).rule), "2026-014");
    EXPECT_EQ(policy_of(frame).match, DNSTAP__POLICY__MATCH__QNAME);
    EXPECT_EQ(text_of(policy_of(frame).value), std::string("\4chat\10deepseek\3com\0", 19));
    EXPECT_EQ(json::parse(text_of(frame->extra)),
              json::parse(R"({"verdict":"restrict","policy_version":17,"directive":"2026-014","service":"deepseek",
                              "group":"staff"})"));
}

TEST(DnstapFrames, TheActionIsWhatTheClientGot) {
    HitRecord hit = record();
    EXPECT_EQ(action_of(hit), DNSTAP__POLICY__ACTION__NXDOMAIN);
    hit.hit.rcode = wire::Rcode::NoError;
    EXPECT_EQ(action_of(hit), DNSTAP__POLICY__ACTION__NODATA);
    hit.hit.has_answer = true;
    EXPECT_EQ(action_of(hit), DNSTAP__POLICY__ACTION__LOCAL_DATA);
    hit.hit.rcode = wire::Rcode::Refused;
    EXPECT_EQ(action_of(hit), 0) << "dnstap has no word for it";
    hit.hit.source = Source::None;
    EXPECT_EQ(action_of(hit), DNSTAP__POLICY__ACTION__DROP);
    EXPECT_EQ(dnstap_frames(hit, kOrigin).size(), 1U) << "nothing was sent";
    hit.hit.source = Source::Upstream;
    for (const QueryVerdict verdict :
         {QueryVerdict::Observe, QueryVerdict::Advise, QueryVerdict::Allow, QueryVerdict::Exception}) {
        hit.hit.verdict = verdict;
        EXPECT_EQ(action_of(hit), DNSTAP__POLICY__ACTION__PASS);
    }
}

TEST(DnstapFrames, AClientIsShownAsThePrivacyLevelAllows) {
    HitRecord hit = record();
    EXPECT_FALSE(frame_of(dnstap_frames(hit, kOrigin)[1])->message->has_query_address);
    hit.client = "p-abcdefghijklmnop";
    hit.hit.identity = IdentityLevel::Pseudonym;
    const Frame pseudonym = frame_of(dnstap_frames(hit, kOrigin)[1]);
    EXPECT_FALSE(pseudonym->message->has_query_address);
    EXPECT_FALSE(pseudonym->message->has_socket_family);
    EXPECT_EQ(json::parse(text_of(pseudonym->extra))["client"], "p-abcdefghijklmnop");
    hit.hit.identity = IdentityLevel::Address;
    hit.client = "192.0.2.7";
    const Frame v4 = frame_of(dnstap_frames(hit, kOrigin)[1]);
    EXPECT_EQ(v4->message->socket_family, DNSTAP__SOCKET_FAMILY__INET);
    EXPECT_EQ(text_of(v4->message->query_address), std::string("\xc0\x00\x02\x07", 4));
    hit.client = "2001:db8::7";
    const Frame v6 = frame_of(dnstap_frames(hit, kOrigin)[1]);
    EXPECT_EQ(v6->message->socket_family, DNSTAP__SOCKET_FAMILY__INET6);
    EXPECT_EQ(v6->message->query_address.len, 16U);
}

TEST(DnstapFrames, AQueryThatNoDirectiveCoversHasNoPolicy) {
    HitRecord hit = record();
    hit.directive.clear();
    hit.hit.verdict = QueryVerdict::Forward;
    EXPECT_EQ(frame_of(dnstap_frames(hit, kOrigin).front())->message->policy, nullptr);
}

TEST(DnstapFrames, HostileTextsStayInTheirFields) {
    HitRecord hit = record("a\\\"b\\010\\027\\000\\255.example");
    hit.directive = std::string("d\"\n\0\xff<script>", 14);
    const auto frames = dnstap_frames(hit, kOrigin);
    for (const std::string& packed : frames) {
        const Frame frame = frame_of(packed);
        ASSERT_NE(frame, nullptr);
        EXPECT_TRUE(json::accept(text_of(frame->extra))) << text_of(frame->extra);
        EXPECT_EQ(text_of(policy_of(frame).rule), hit.directive);
    }
}

/// The other side of Frame Streams, byte by byte.
class DnstapExportTest : public ::testing::Test {
protected:
    static std::string number(std::size_t value) {
        std::string text(4, '\0');
        store_u32(reinterpret_cast<std::uint8_t*>(text.data()), static_cast<std::uint32_t>(value));
        return text;
    }
    static std::size_t read_number(Stream& stream) {
        const auto text = stream.bytes(4);
        return text ? load_u32(reinterpret_cast<const std::uint8_t*>(text->data())) : SIZE_MAX;
    }
    static std::string control(Stream& stream) {
        EXPECT_EQ(read_number(stream), 0U);
        return stream.bytes(read_number(stream)).value_or("");
    }
    static std::string control_frame(std::uint8_t kind, std::string_view type) {
        std::string body = number(kind);
        if (!type.empty()) body += number(1) + number(type.size()) + std::string(type);
        return number(0) + number(body.size()) + body;
    }
    /// READY is answered; START follows.
    static void handshake(Stream& stream, std::string_view type = "protobuf:dnstap.Dnstap") {
        EXPECT_THAT(control(stream), HasSubstr("protobuf:dnstap.Dnstap"));
        stream.send(control_frame(1, type));
    }
    std::unique_ptr<DnstapExport> start(const Delivery::Options& delivery = quick()) {
        const Destination to{.text = "s", .channel = Channel::Unix, .address = {}, .path = path_, .name = {}, .ca = {}};
        return std::make_unique<DnstapExport>(DnstapOptions{.to = to, .what = Scope::Directives}, kOrigin, delivery);
    }
    static void send(DnstapExport& to, std::string_view name) {
        to.take(record(name));
        to.end_round({});
    }
    static std::string frame(Stream& stream) { return stream.bytes(read_number(stream)).value_or(""); }

    testing_support::TemporaryFolder folder_;
    const Path path_ = folder_ / "dnstap.sock";
};

TEST_F(DnstapExportTest, AStreamIsNegotiatedAndFinished) {
    const Listener listener(path_);
    auto sender = start();
    send(*sender, "one.example");
    Stream stream = listener.accept();
    handshake(stream);
    EXPECT_EQ(control(stream).substr(0, 4), number(2)) << "START";
    EXPECT_EQ(frame(stream), dnstap_frames(record("one.example"), kOrigin)[0]);
    EXPECT_EQ(frame(stream), dnstap_frames(record("one.example"), kOrigin)[1]);
    std::thread end([&] { sender.reset(); });
    EXPECT_EQ(control(stream), number(3)) << "STOP";
    stream.send(control_frame(5, ""));
    end.join();
}

TEST_F(DnstapExportTest, AReceiverOfSomethingElseGetsNothing) {
    const Listener listener(path_);
    Delivery::Options delivery = quick();
    delivery.limits.drain = milliseconds{1};
    const auto sender = start(delivery);
    {
        Stream stream = listener.accept();
        handshake(stream, "protobuf:other");
        while (sender->problem().empty()) std::this_thread::yield();
    }
    EXPECT_THAT(sender->problem(), HasSubstr("it does not accept Frame Streams of dnstap"));
}

TEST_F(DnstapExportTest, AReceiverThatDiesIsReplacedByTheNext) {
    auto listener = std::make_unique<Listener>(path_);
    const auto sender = start();
    {
        Stream stream = listener->accept();
        handshake(stream);
        control(stream);
        std::filesystem::remove(path_);
        listener.reset();
    }
    while (sender->problem().empty()) std::this_thread::yield();
    send(*sender, "two.example");
    const Listener next(path_);
    Stream stream = next.accept();
    handshake(stream);
    control(stream);
    const auto sent = dnstap_frames(record("two.example"), kOrigin);
    EXPECT_EQ(frame(stream), sent[0]);
    EXPECT_EQ(frame(stream), sent[1]);
    while (!sender->problem().empty()) std::this_thread::yield();
    EXPECT_EQ(sender->lost(), 0U);
    sender->stop();
    EXPECT_EQ(control(stream), number(3)) << "STOP";
    stream.send(control_frame(5, ""));
}

TEST_F(DnstapExportTest, TheQueueHasALimitWhenTheReceiverNeverReads) {
    const Listener listener(path_);
    Delivery::Options delivery = quick();
    delivery.limits.answer = milliseconds{200};
    delivery.limits.drain = milliseconds{1};
    const auto sender = start(delivery);
    Stream stream = listener.accept();
    handshake(stream);
    while (sender->lost() == 0 || sender->problem().empty()) send(*sender, "name.example");
    EXPECT_THAT(sender->problem(), HasSubstr("it has taken nothing for 0.2 s"));
    sender->stop();
    sender->join();
}

}  // namespace
}  // namespace cenote::sinks
