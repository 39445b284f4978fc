// SPDX-License-Identifier: Apache-2.0
#include "resolver/transfer/service.h"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <optional>
#include <thread>
#include <utility>

#include "resolver/base/mutex.h"
#include "resolver/transfer/notify_sender.h"
#include "resolver/transfer/xfr_server.h"
#include "resolver/transfer/zone_builder.h"

namespace cenote::transfer {
namespace {

/// The thread that builds zones and sends NOTIFY; XfrServer has its own.
class ThreadedService final : public Service {
public:
    explicit ThreadedService(std::function<void(const SecondaryZoneOptions&)> on_notify)
        : wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)), server_({}, std::move(on_notify)) {
        thread_ = std::thread([this] { run(); });
        pthread_setname_np(thread_.native_handle(), "zones");
    }
    ~ThreadedService() override {
        stop_ = true;
        wake();
        thread_.join();
    }

    void update(const Options& options, std::shared_ptr<const policy::Policy> policy,
                const std::string& node) override {
        const MutexLock lock(mutex_);
        next_ = ZoneBuilder::Source{options, std::move(policy), node};
        wake();
    }

    std::vector<PrimaryZoneStatus> status() const override {
        std::vector<PrimaryZoneStatus> all;
        const auto now = server_.zones();
        for (const auto& version : now->versions)
            all.push_back({version->of.zone.to_string(), version->serial, version->records->size()});
        return all;
    }

    LimitsReached limits_reached() const override {
        const XfrServer::Counts& counts = server_.counts();
        return {.queue_full = counts.queue_full, .no_place = counts.no_place, .ended_for_slowness = counts.overdue};
    }

    XfrQueue& xfr_queue() noexcept override { return server_; }

private:
    void wake() noexcept {
        const std::uint64_t one = 1;
        static_cast<void>(!::write(wake_.get(), &one, sizeof one));
    }

    void run() {
        while (!stop_) {
            wait();
            if (const auto source = take_source()) {
                const auto built = ZoneBuilder::build(*source, *server_.zones(), wall_now());
                server_.show(built.zones);
                for (const auto& version : built.changed) notify_.announce(version->of, ticks_now());
            }
            notify_.read_answers();
            notify_.send_due(ticks_now());
        }
    }

    /// Until there is a policy to build from, an answer to NOTIFY, or one to send.
    void wait() {
        const auto [v4, v6] = notify_.sockets();
        std::array<pollfd, 3> all{{{wake_.get(), POLLIN, 0}, {v4, POLLIN, 0}, {v6, POLLIN, 0}}};
        int timeout = -1;
        if (const auto due = notify_.next_due()) {
            const auto left = std::chrono::ceil<milliseconds>(*due - ticks_now());
            timeout = static_cast<int>(std::max<milliseconds::rep>(left.count(), 0));
        }
        ::poll(all.data(), all.size(), timeout);
        std::uint64_t count = 0;
        static_cast<void>(!::read(wake_.get(), &count, sizeof count));
    }

    std::optional<ZoneBuilder::Source> take_source() {
        const MutexLock lock(mutex_);
        return std::exchange(next_, std::nullopt);
    }

    UniqueFd wake_;
    std::atomic<bool> stop_{false};
    Mutex mutex_;
    std::optional<ZoneBuilder::Source> next_ CENOTE_GUARDED_BY(mutex_);
    NotifySender notify_;
    XfrServer server_;
    std::thread thread_;
};

}  // namespace

std::unique_ptr<Service> Service::start(std::function<void(const SecondaryZoneOptions&)> on_notify) {
    return std::make_unique<ThreadedService>(std::move(on_notify));
}

}  // namespace cenote::transfer
