// SPDX-License-Identifier: Apache-2.0
//
// Writes counts over time (MinuteWriter), on a thread of its own.
//
// Threads:  take() and end_round() are called by the reader of hits, the rest by the control thread; neither waits for
//           the disk, but the constructor and the destructor.
// Time:     reads both clocks.
// Memory:   that of MinuteWriter.
// Failure:  problem() says why the last write failed; the next one has its counts too.
#pragma once

#include <condition_variable>
#include <optional>
#include <string>
#include <thread>

#include "resolver/base/mutex.h"
#include "resolver/history/minute_writer.h"
#include "resolver/sinks/hit_record.h"

namespace cenote::history {

class History final : public sinks::HitSink {
public:
    /// Begins to write into `store`. `hub` and `keys` must outlive it.
    History(std::unique_ptr<Store> store, const Options& options, telemetry::Hub& hub, const telemetry::Keys& keys);
    /// Writes what was counted by now, and that the stop is on purpose.
    ~History() override;
    History(const History&) = delete;
    History& operator=(const History&) = delete;

    void take(const sinks::HitRecord& record) override;
    void end_round(WallTime) override {}

    void set_options(const Options& options);
    /// The secret seed of the sketches in this month; 0: the file could not be read.
    [[nodiscard]] std::uint64_t seed() const;
    [[nodiscard]] std::string problem() const;
    [[nodiscard]] WallTime written_until() const;

private:
    void run();
    [[nodiscard]] DaySketches take_sketches();
    void note(const Status& status);

    MinuteWriter writer_;  // used by the thread alone, once that runs
    mutable Mutex mutex_;
    std::condition_variable_any wake_;
    DaySketches sketches_ CENOTE_GUARDED_BY(mutex_);
    std::optional<Options> new_options_ CENOTE_GUARDED_BY(mutex_);
    std::string problem_ CENOTE_GUARDED_BY(mutex_);
    WallTime written_until_ CENOTE_GUARDED_BY(mutex_){};
    std::uint64_t seed_ CENOTE_GUARDED_BY(mutex_) = 0;
    bool stopping_ CENOTE_GUARDED_BY(mutex_) = false;
    std::thread thread_;
};

}  // namespace cenote::history
