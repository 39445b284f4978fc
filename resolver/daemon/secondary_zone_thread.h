// SPDX-License-Identifier: Apache-2.0
//
// Keeps one secondary zone up to date: performs what transfer::SecondaryZone decides, with the network, the files
// beside the set, and the clock.
//
// Threads:  notify() may be called by any thread; the rest is done by a thread inside.
// Memory:   the zone, twice while a change of it is published.
// Failure:  a transfer that fails leaves the zone as it was; the reason is logged, and noted beside the list's copy.
#pragma once

#include <atomic>
#include <condition_variable>
#include <optional>
#include <string>
#include <thread>

#include "resolver/base/digest.h"
#include "resolver/base/mutex.h"
#include "resolver/config/config.h"
#include "resolver/daemon/zone_publisher.h"
#include "resolver/transfer/secondary_zone.h"

namespace cenote::daemon {

class SecondaryZoneThread {
public:
    /// `settings` and `publisher` must outlive the thread.
    SecondaryZoneThread(const config::Settings& settings, transfer::SecondaryZoneOptions zone,
                        ZonePublisher& publisher);
    /// Waits for a transfer or a compilation that has begun; the transfer is cut off.
    ~SecondaryZoneThread();
    SecondaryZoneThread(const SecondaryZoneThread&) = delete;
    SecondaryZoneThread& operator=(const SecondaryZoneThread&) = delete;

    [[nodiscard]] const transfer::SecondaryZoneOptions& zone() const noexcept { return zone_; }
    /// The zone has changed at its primary.
    void notify();

private:
    using Event = transfer::SecondaryZone::Event;
    using Action = transfer::SecondaryZone::Action;

    void run();
    [[nodiscard]] std::optional<transfer::SecondaryZone::Stored> load();
    [[nodiscard]] bool is_published() const;
    Event perform(const Action& action);
    Event ask_soa();
    Event transfer_zone(const transfer::ZoneData* known);
    Event store(transfer::ZoneData data);
    Event publish_delta();
    Event publish();
    Event confirm();
    Event wait(Ticks until);

    void note_before(const Action& action);
    void note_failure(const std::string& text);
    void set_expired(bool expired);
    [[nodiscard]] std::string name() const { return zone_.zone.to_string(); }

    const config::Settings& settings_;
    transfer::SecondaryZoneOptions zone_;
    const transfer::TsigKey* key_ = nullptr;  // of settings_
    ZonePublisher& publisher_;
    std::optional<transfer::ZoneData> data_;      // as it is on disk
    Sha256Digest digest_{};                       // of its file
    std::optional<transfer::ZoneData> previous_;  // the version before, until the change is published
    Sha256Digest previous_digest_{};
    transfer::Soa received_;  // the SOA that the primary sent last
    std::string failure_;     // why the last action failed
    std::atomic<bool> stop_{false};
    Mutex mutex_;
    std::condition_variable_any wake_;
    bool notified_ CENOTE_GUARDED_BY(mutex_) = false;
    std::thread thread_;
};

}  // namespace cenote::daemon
