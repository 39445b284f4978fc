// SPDX-License-Identifier: Apache-2.0
//
// When the SOA of a secondary zone is queried, and the zone transferred, published or expired, as a state machine
// (RFC 1034 §4.3.5, RFC 1996 §4).
//
// The caller performs an action, and gives what came of it as the next event; it decides nothing itself. Publishing
// means that the set has the records in the file of the zone; acceptance (blocklists/acceptance.h) may refuse that.
//
// Threads:  pure; one at a time.
// Time:     an argument.
// Memory:   a few words.
// Failure:  none; an event that does not belong to the action before is a mistake of the caller and stops the process.
#pragma once

#include <cstdint>
#include <optional>

#include "resolver/base/clock.h"
#include "resolver/transfer/zone_data.h"

namespace cenote::transfer {

class SecondaryZone {
public:
    /// What is found on disk at the start.
    struct Stored {
        Soa soa;
        bool expired = false;
        bool published = false;
    };

    struct Event {
        enum class Kind : std::uint8_t {
            Started,
            SoaReceived,  // `soa`: that of the primary
            SoaFailed,
            ZoneReceived,  // `soa`: that of the transferred zone, which is on disk now
            UpToDate,      // the primary has nothing newer to transfer
            TransferFailed,
            StoreFailed,     // a transferred zone could not be written to disk
            DeltaPublished,  // the change is in force beside the set
            DeltaDeclined,   // the set must be compiled
            Published,
            Refused,       // acceptance refuses the zone, and the reason is stored
            NotPublished,  // another update is at work, or this one failed: to be tried again
            Confirmed,
            Notified,  // NOTIFY came from the primary
            TimerExpired,
        };
        Kind kind;
        Soa soa{};
    };

    struct Action {
        enum class Kind : std::uint8_t {
            AskSoa,
            TransferIncrements,  // and if that fails, the zone as a whole
            TransferWhole,
            PublishDelta,
            Publish,
            Confirm,  // query the SOA, to confirm that the zone in force is current
            Wait,     // until the time, or NOTIFY
        };
        enum class Failure : std::uint8_t { None, Failed, SerialWentBack };
        enum class Expiry : std::uint8_t { Unchanged, Begins, Ends };

        Kind kind;
        Ticks until{};                      // Wait
        Failure failure = Failure::None;    // what is to be noted beside the list before
        bool clear_failure = false;         // the note of an earlier one is to be removed before
        Expiry expiry = Expiry::Unchanged;  // the mark of an expired zone is to be set or removed before
    };

    explicit SecondaryZone(const std::optional<Stored>& stored);

    [[nodiscard]] Action next(const Event& event, Ticks now);

private:
    /// What follows when publishing has come to an end.
    enum class Then : std::uint8_t { AskSoa, Confirm, WaitRefresh, WaitRetry };

    Action decide(const Event& event, Ticks now);
    Action on_soa(const Soa& soa, Ticks now);
    Action on_zone(const Soa& soa);
    Action on_publish(Event::Kind kind, Ticks now);
    Action on_wait_end(Event::Kind kind, Ticks now);
    Action fail(Action::Failure failure, Ticks now);
    Action publish(Then then);
    Action after_publish(Ticks now);
    Action succeed(Ticks now);
    Action wait_retry(Ticks now);
    Action wait(seconds limit, Ticks now);

    std::optional<std::uint32_t> serial_;  // of the zone on disk
    Soa timers_;                           // of the SOA that was received last
    bool expired_ = false;
    bool publish_pending_ = false;  // the set does not have what is on disk
    bool refused_ = false;          // acceptance refused the zone on disk
    bool failing_ = false;          // a failure of this machine is stored beside the list
    bool notified_ = false;         // NOTIFY came and no query has followed it yet
    Action::Kind last_ = Action::Kind::Wait;
    Then then_ = Then::AskSoa;
    bool publishing_ = false;  // a wait is between two attempts to publish
    int attempts_ = 0;         // to publish, so far
    seconds retry_;
    Ticks last_contact_{};
    Ticks quiet_until_{};  // NOTIFY leads to no query before
};

}  // namespace cenote::transfer
