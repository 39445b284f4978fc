// SPDX-License-Identifier: Apache-2.0
//
// The whole service: from a policy to a zone that is transferred, and to NOTIFY at its secondaries.
#include "resolver/transfer/service.h"

#include <gtest/gtest.h>

#include <future>

#include "tests/policy/fixture.h"
#include "tests/transfer/secondary_for_tests.h"
#include "tests/transfer/zones_for_tests.h"

namespace cenote::transfer {
namespace {

using policy::Step;
using testing::kSecondary;
using testing::kZone;
using testing::question;
using testing::Secondary;
using wire::Rcode;
using wire::RrType;

std::shared_ptr<const policy::Policy> policy_with(std::string_view target) {
    policy::Options options;
    options.directives = {policy::testing::directive("d", Step::Restrict, {target})};
    return policy::testing::build(options, policy::testing::kNow);
}

Options options_for(const Secondary& secondary) {
    Options options;
    options.primary_zones = {{.zone = kZone, .group = "everyone", .keys = {}, .notify = {secondary.address()}}};
    return options;
}

/// Hands a datagram over as a worker does, and gives the reply to it.
Message ask(Service& service, Secondary& client, const Secondary& worker, const Message& message, bool any_address) {
    QueryOrigin origin;
    origin.peer = client.address();
    origin.reply_to = origin.peer;
    origin.local = worker.address().ip;
    origin.socket = worker.socket();
    origin.any_address = any_address;
    while (!service.xfr_queue().take(origin, message)) std::this_thread::yield();
    return client.wait();
}

TEST(Service, AChangeOfPolicyIsANewVersionAndNotify) {
    Secondary secondary, worker;
    const auto service = Service::start([](const SecondaryZoneOptions&) {});
    EXPECT_TRUE(service->status().empty());
    for (const char* target : {"domain:one.test", "domain:two.test"}) {
        service->update(options_for(secondary), policy_with(target), "dns1");
        const Message notify = secondary.wait();
        ASSERT_EQ(read_header(notify)->opcode(), wire::Opcode::Notify) << "sent after the zone has changed";
        EXPECT_TRUE(read_question(notify)->name == kZone);
        secondary.answer(notify);
        const auto status = service->status();
        ASSERT_EQ(status.size(), 1U);
        EXPECT_EQ(status[0].zone, "rpz.example");
        EXPECT_EQ(status[0].records, 2U);
    }
}

TEST(Service, QueriesOverUdpAreAnsweredFromTheAddressThatWasAsked) {
    Secondary secondary, worker, client;
    const auto service = Service::start([](const SecondaryZoneOptions&) {});
    service->update(options_for(secondary), policy_with("domain:one.test"), "dns1");
    secondary.wait();
    for (const bool any_address : {false, true}) {
        const Message reply = ask(*service, client, worker, question(RrType::SOA), any_address);
        EXPECT_EQ(read_header(reply)->rcode(), Rcode::NoError);
        EXPECT_EQ(read_header(reply)->answers, 1);
        EXPECT_EQ(client.sender(), worker.address());
    }
    EXPECT_EQ(read_header(ask(*service, client, worker, question(RrType::AXFR), false))->rcode(), Rcode::Refused);
}

TEST(Service, NotifyForASecondaryZoneIsPassedOn) {
    Secondary primary, secondary, worker;
    std::promise<std::string> list;
    const auto service = Service::start([&](const SecondaryZoneOptions& zone) { list.set_value(zone.list); });
    Options options;
    options.secondary_zones = {{.list = "nation", .zone = kZone, .primary = primary.address(), .key = {}}};
    options.primary_zones = {{.zone = *wire::Name::parse("other.example"),
                              .group = "everyone",
                              .keys = {},
                              .notify = {secondary.address()}}};
    service->update(options, policy_with("domain:one.test"), "dns1");
    secondary.wait();  // the options are in force from here on
    Message notify = question(RrType::SOA);
    notify[2] = 0x24;
    EXPECT_EQ(read_header(ask(*service, primary, worker, notify, false))->rcode(), Rcode::NoError);
    EXPECT_EQ(list.get_future().get(), "nation");
}

TEST(Service, ItEndsWhileASecondaryDoesNotAnswer) {
    Secondary secondary;
    const auto service = Service::start([](const SecondaryZoneOptions&) {});
    service->update(options_for(secondary), policy_with("domain:one.test"), "dns1");
    secondary.wait();
}

}  // namespace
}  // namespace cenote::transfer
