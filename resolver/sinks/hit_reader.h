// SPDX-License-Identifier: Apache-2.0
//
// Takes the hits from the workers and hands each to all sinks, as a record. The only reader of the rings of hits.
//
// The level of [privacy] is applied here for the second time: a client that the worker let through is named as its
// directive says, by address or by pseudonym.
//
// Threads:  a thread of its own runs the sinks, flush() and set_sinks() the thread that calls; never two at a time.
// Time:     reads both clocks once a round.
// Memory:   one record.
// Failure:  a sink that is slow makes the rings of the workers full, which costs hits (hits_lost) and no query.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "resolver/base/mutex.h"
#include "resolver/sinks/hit_record.h"
#include "resolver/sinks/options.h"
#include "resolver/telemetry/telemetry.h"

namespace cenote::sinks {

class HitReader {
public:
    /// The name of a client in a record; empty: it is not kept.
    using NameClient =
        std::function<std::string(const IpAddress& client, telemetry::IdentityLevel identity, WallTime at)>;

    /// Starts the thread. `hub` and `keys` must outlive the reader.
    HitReader(telemetry::Hub& hub, const telemetry::Keys& keys);
    /// Hands over what the workers have recorded by now, then ends the thread.
    ~HitReader();
    HitReader(const HitReader&) = delete;
    HitReader& operator=(const HitReader&) = delete;

    /// The sinks from now on; those that are no longer among them are released before this returns. `seed` is the
    /// secret of the sketches. Without sinks no worker makes hits; with one of Scope::All each query is a hit.
    void set_sinks(std::vector<std::shared_ptr<HitSink>> sinks, std::uint64_t seed);
    void set_client_name(NameClient name);
    void set_policy_version(std::uint32_t version) noexcept;
    /// The ids of the lists: all other ids that match are those of services.
    void set_lists(std::set<std::string> ids);
    /// Hands over what the workers have recorded by now.
    void flush();

private:
    void run();
    void round() CENOTE_REQUIRES(mutex_);
    [[nodiscard]] HitRecord record_of(const telemetry::Hit& hit, const WallMicros& now, Ticks ticks) const
        CENOTE_REQUIRES(mutex_);
    [[nodiscard]] UpstreamRecord record_of(const telemetry::UpstreamQuery& query, const WallMicros& now,
                                           Ticks ticks) const CENOTE_REQUIRES(mutex_);

    telemetry::Hub& hub_;
    const telemetry::Keys& keys_;
    std::atomic<std::uint32_t> policy_version_{0};
    Mutex mutex_;
    std::condition_variable_any wake_;
    std::vector<std::shared_ptr<HitSink>> sinks_ CENOTE_GUARDED_BY(mutex_);
    NameClient client_name_ CENOTE_GUARDED_BY(mutex_);
    std::set<std::string> lists_ CENOTE_GUARDED_BY(mutex_);
    bool stopping_ CENOTE_GUARDED_BY(mutex_) = false;
    std::thread thread_;
};

}  // namespace cenote::sinks
