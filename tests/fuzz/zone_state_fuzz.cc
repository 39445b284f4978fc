// SPDX-License-Identifier: Apache-2.0
//
// The state machine of a secondary zone: any sequence of events that can come of its actions, with any SOA of the
// primary and any time between them. It waits for a bounded time, publishes a bounded number of times, begins and ends
// the mark of an expired zone in turn, and takes no serial that is older.

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

#include "resolver/base/bytes.h"
#include "resolver/base/check.h"
#include "resolver/transfer/secondary_zone.h"
#include "tests/fuzz/input.h"

namespace {

using namespace cenote;
using namespace cenote::transfer;
using Action = SecondaryZone::Action;
using Event = SecondaryZone::Event;
using Kind = SecondaryZone::Event::Kind;

fuzz::Goal waited("a zone waits");
fuzz::Goal published("a zone is published");
fuzz::Goal delta_published("a delta of a zone is published");
fuzz::Goal expired("a zone expires");

constexpr seconds kWaitMax{86400};
constexpr std::uint32_t kPassMax = 1U << 22U;      // seconds between two events
constexpr Ticks kTimeMax{seconds{4'000'000'000}};  // of a run, so that no clock overflows
constexpr unsigned kPublishMax = 60;               // attempts without anything between them

/// Two bits choose the size of a number, so that equal, near and far ones occur.
std::uint32_t number_of(fuzz::Input& input) {
    const std::uint8_t first = input.u8();
    switch (first >> 6U) {
        case 0: return first;
        case 1: return input.u8();
        case 2: return 0x80000000U + (first & 0x3fU);
        default: return input.u32();
    }
}

Soa soa_of(fuzz::Input& input) {
    Soa soa;
    soa.serial = number_of(input);
    soa.refresh = number_of(input);
    soa.retry = number_of(input);
    soa.expire = number_of(input);
    return soa;
}

/// The event that the byte chooses among those that can come of the action.
Kind event_after(Action::Kind action, std::uint8_t choice) {
    const auto one_of = [choice](std::initializer_list<Kind> kinds) { return kinds.begin()[choice % kinds.size()]; };
    switch (action) {
        case Action::Kind::AskSoa: return one_of({Kind::SoaReceived, Kind::SoaFailed});
        case Action::Kind::TransferIncrements:
        case Action::Kind::TransferWhole:
            return one_of({Kind::ZoneReceived, Kind::UpToDate, Kind::TransferFailed, Kind::StoreFailed});
        case Action::Kind::PublishDelta: return one_of({Kind::DeltaPublished, Kind::DeltaDeclined});
        case Action::Kind::Publish: return one_of({Kind::NotPublished, Kind::Published, Kind::Refused});
        case Action::Kind::Confirm: return Kind::Confirmed;
        case Action::Kind::Wait: break;
    }
    return one_of({Kind::TimerExpired, Kind::Notified});
}

/// What is known of the zone outside of the machine.
class Model {
public:
    explicit Model(const std::optional<SecondaryZone::Stored>& stored)
        : serial_(stored ? std::optional(stored->soa.serial) : std::nullopt), expired_(stored && stored->expired) {}

    void note(const Event& event) {
        if (event.kind == Kind::SoaReceived) primary_ = event.soa.serial;
        if (event.kind == Kind::ZoneReceived) serial_ = event.soa.serial;
    }
    void expect(const Action& action, Ticks now) {
        if (action.kind == Action::Kind::Wait) waited.reach();
        if (action.kind == Action::Kind::Publish) published.reach();
        if (action.kind == Action::Kind::PublishDelta) delta_published.reach();
        if (action.expiry == Action::Expiry::Begins) expired.reach();
        if (action.kind == Action::Kind::Wait) CENOTE_CHECK(action.until >= now && action.until <= now + kWaitMax);
        if (action.kind == Action::Kind::TransferIncrements) CENOTE_CHECK(serial_ && is_later(primary_, *serial_));
        if (action.kind == Action::Kind::PublishDelta) CENOTE_CHECK(serial_ && !expired_);
        if (action.expiry == Action::Expiry::Begins) CENOTE_CHECK(serial_ && !expired_);
        if (action.expiry == Action::Expiry::Ends) CENOTE_CHECK(expired_);
        if (action.expiry != Action::Expiry::Unchanged) expired_ = action.expiry == Action::Expiry::Begins;
        publishes_ = action.kind == Action::Kind::Publish ? publishes_ + 1
                     : action.kind == Action::Kind::Wait  ? publishes_
                                                          : 0;
        CENOTE_CHECK(publishes_ <= 2 * kPublishMax);
    }

private:
    std::optional<std::uint32_t> serial_;
    std::uint32_t primary_ = 0;
    bool expired_;
    unsigned publishes_ = 0;
};

}  // namespace

/// The first byte: what is stored (1: a zone, 2: it has expired, 4: it is published), and its SOA; then for each event
/// a byte that chooses it, seconds that pass, and an SOA where it has one.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Input input(data, size);
    const std::uint8_t start = input.u8();
    std::optional<SecondaryZone::Stored> stored;
    if ((start & 1U) != 0)
        stored = {.soa = soa_of(input), .expired = (start & 2U) != 0, .published = (start & 4U) != 0};
    SecondaryZone zone(stored);
    Model model(stored);
    Ticks now{seconds{1000}};
    Event event{.kind = Kind::Started};
    while (true) {
        const Action action = zone.next(event, now);
        model.expect(action, now);
        if (input.empty() || now > kTimeMax) return 0;
        event = {.kind = event_after(action.kind, input.u8())};
        now =
            event.kind == Kind::TimerExpired ? std::max(now, action.until) : now + seconds(number_of(input) % kPassMax);
        if (event.kind == Kind::SoaReceived || event.kind == Kind::ZoneReceived) event.soa = soa_of(input);
        model.note(event);
    }
}
