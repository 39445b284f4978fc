// SPDX-License-Identifier: Apache-2.0
//
// A transfer from a primary on loopback that sends too much, too slowly, or what is no policy.
#include "resolver/transfer/incoming.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <netinet/in.h>
#include <sys/socket.h>

#include <functional>
#include <thread>

#include "resolver/base/fd.h"
#include "tests/transfer/zones_for_tests.h"

namespace cenote::transfer {
namespace {

using ::testing::HasSubstr;
using testing::kZone;
using wire::RrType;
using Bytes = std::vector<std::uint8_t>;

void append(Bytes& to, const Bytes& more) { to.insert(to.end(), more.begin(), more.end()); }

Bytes soa_record(std::uint8_t serial) {
    Bytes record{0xc0, 12, 0, 6, 0, 1, 0, 0, 0, 60, 0, 22, 0, 0, 0, 0, 0, serial};
    record.insert(record.end(), 16, 1);
    return record;
}

/// Of a name of one label of six letters.
Bytes record(RrType type, std::uint32_t name, std::size_t size) {
    Bytes made{6};
    for (int shift = 0; shift < 24; shift += 4) made.push_back(static_cast<std::uint8_t>('a' + (name >> shift & 15)));
    append(made, {0xc0, 12, 0, static_cast<std::uint8_t>(type), 0, 1, 0, 0, 0, 60, static_cast<std::uint8_t>(size >> 8),
                  static_cast<std::uint8_t>(size)});
    made.insert(made.end(), size, 0);
    return made;
}

/// The answer to a question, with its length in front.
Bytes answer(const Bytes& question, const std::vector<Bytes>& records) {
    Bytes message(question.begin(), question.begin() + static_cast<std::ptrdiff_t>(16 + kZone.wire().size()));
    message[2] = 0x84;
    store_u16(&message[6], static_cast<std::uint16_t>(records.size()));
    store_u16(&message[8], 0);
    for (const Bytes& each : records) append(message, each);
    Bytes framed{static_cast<std::uint8_t>(message.size() >> 8), static_cast<std::uint8_t>(message.size())};
    append(framed, message);
    return framed;
}

class Primary {
public:
    /// `send`: takes bytes for the client; false: it is gone.
    using Send = std::function<bool(const Bytes&)>;
    using Script = std::function<void(const Bytes& question, const Send& send)>;

    explicit Primary(Script script) : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in here{};
        here.sin_family = AF_INET;
        here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof here;
        EXPECT_EQ(::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&here), size), 0);
        EXPECT_EQ(::listen(listener_.get(), 8), 0);
        ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&here), &size);
        address_ = SocketAddress::from_native(reinterpret_cast<const sockaddr*>(&here));
        thread_ = std::thread([this, run = std::move(script)] { serve(run); });
    }
    ~Primary() {
        ::shutdown(listener_.get(), SHUT_RDWR);
        thread_.join();
    }

    [[nodiscard]] const SocketAddress& address() const { return address_; }

private:
    void serve(const Script& script) {
        for (;;) {
            const UniqueFd client(::accept(listener_.get(), nullptr, nullptr));
            if (!client.valid()) return;
            Bytes question(512);
            const auto size = ::recv(client.get(), question.data(), question.size(), 0);
            if (size < 14) continue;
            question.resize(static_cast<std::size_t>(size));
            question.erase(question.begin(), question.begin() + 2);
            script(question, [&](const Bytes& bytes) {
                return ::send(client.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
                       static_cast<ssize_t>(bytes.size());
            });
        }
    }

    UniqueFd listener_;
    SocketAddress address_;
    std::thread thread_;
};

Result<std::optional<ZoneData>> transfer_from(const Primary& primary, const IncomingLimits& limits,
                                              const ZoneData* known = nullptr) {
    const std::atomic<bool> stop{false};
    const KeptZone zone{.list = "l", .zone = kZone, .primary = primary.address(), .key = {}};
    return Incoming(zone, nullptr, limits, stop).transfer(known);
}

/// The SOA, then messages of these records for as long as the other side takes them.
Primary::Script without_end(RrType type, std::size_t size, std::uint32_t names) {
    return [=](const Bytes& question, const Primary::Send& send) {
        if (!send(answer(question, {soa_record(1)}))) return;
        for (std::uint32_t i = 0;; i += 16) {
            std::vector<Bytes> records;
            for (std::uint32_t k = 0; k < 16; ++k) records.push_back(record(type, (i + k) % names, size));
            if (!send(answer(question, records))) return;
        }
    };
}

TEST(Incoming, WhatComesWithoutEndIsLeft) {
    const IncomingLimits few{.records_max = 1000};
    const IncomingLimits small{.memory_max = std::size_t{2} << 20};
    const IncomingLimits brief{.received_max = std::size_t{2} << 20};
    const struct {
        const char* what;
        RrType type;
        std::size_t size;
        IncomingLimits limits;
        const char* why;
    } rows[] = {
        {"policy", RrType::CNAME, 1, few, "more than 1000 records; have the primary serve less"},
        {"long texts", RrType::TXT, 3000, small, "more than 2 MiB of memory; have the primary serve less"},
        {"signatures, which are not kept", RrType::RRSIG, 3000, brief, "does not end within 2 MiB"},
    };
    for (const auto& row : rows) {
        const Primary primary(without_end(row.type, row.size, 1U << 20));
        const auto got = transfer_from(primary, row.limits);
        ASSERT_FALSE(got.ok()) << row.what;
        EXPECT_THAT(got.error().text, HasSubstr(row.why)) << row.what;
        EXPECT_THAT(got.error().text, HasSubstr(primary.address().to_string())) << row.what;
    }
}

TEST(Incoming, IncrementsCountWithWhatIsThere) {
    ZoneData known{{.serial = 1, .refresh = 1, .retry = 1, .expire = 1}, {}};
    for (std::uint32_t i = 0; i < 900; ++i) {
        const Bytes made = record(RrType::CNAME, i, 1);
        known.records.push_back({std::string(made.begin(), made.begin() + 7), RrType::CNAME, std::string(1, '\0')});
    }
    std::sort(known.records.begin(), known.records.end());
    const Primary primary([](const Bytes& question, const Primary::Send& send) {
        std::vector<Bytes> records{soa_record(3), soa_record(1), soa_record(3)};
        for (std::uint32_t i = 2000; i < 2200; ++i) records.push_back(record(RrType::CNAME, i, 1));
        records.push_back(soa_record(3));
        send(answer(question, records));
    });
    const auto much = transfer_from(primary, {.records_max = 1000}, &known);
    ASSERT_FALSE(much.ok());
    EXPECT_THAT(much.error().text, HasSubstr("more than 1000 records"));
    const auto heavy = transfer_from(primary, {.memory_max = 950 * sizeof(RpzRecord)}, &known);
    ASSERT_FALSE(heavy.ok());
    EXPECT_THAT(heavy.error().text, HasSubstr("of memory"));
    const auto right = transfer_from(primary, {.records_max = 1100}, &known);
    ASSERT_TRUE(right.ok()) << right.error().text;
    EXPECT_EQ((*right)->records.size(), 1100U);
}

/// One byte of the message every few milliseconds, so that each read succeeds.
TEST(Incoming, AMessageThatTricklesInIsLeft) {
    const Primary primary([](const Bytes& question, const Primary::Send& send) {
        const Bytes whole = answer(question, {soa_record(1), record(RrType::CNAME, 1, 4000), soa_record(1)});
        for (const std::uint8_t byte : whole) {
            if (!send({byte})) return;
            std::this_thread::sleep_for(milliseconds{5});
        }
    });
    const auto got = transfer_from(primary, {.answer = milliseconds{50}});
    ASSERT_FALSE(got.ok());
    EXPECT_THAT(got.error().text, HasSubstr("no answer in time"));
}

TEST(Incoming, WhatSignsTheZoneIsNoPolicy) {
    const Primary primary([](const Bytes& question, const Primary::Send& send) {
        send(answer(question,
                    {soa_record(1), record(RrType::CNAME, 1, 1), record(RrType::RRSIG, 1, 40),
                     record(RrType::NSEC, 1, 20), record(RrType::NS, 2, 1), record(RrType::TXT, 3, 2), soa_record(1)}));
    });
    const auto got = transfer_from(primary, {});
    ASSERT_TRUE(got.ok()) << got.error().text;
    std::vector<RrType> types;
    for (const RpzRecord& each : (*got)->records) types.push_back(each.type);
    EXPECT_THAT(types, ::testing::UnorderedElementsAre(RrType::CNAME, RrType::TXT));
    const std::string text = to_master_file(kZone, **got);
    EXPECT_TRUE(from_master_file(kZone, text));
    EXPECT_FALSE(from_master_file(kZone, text + "zzzz TYPE46 \\# 1 05\n")) << "of a version that kept them: all anew";
}

}  // namespace
}  // namespace cenote::transfer
