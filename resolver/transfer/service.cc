// SPDX-License-Identifier: Apache-2.0
#include "resolver/transfer/service.h"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <mutex>
#include <thread>

#include "resolver/base/log.h"
#include "resolver/transfer/answers.h"
#include "resolver/transfer/notices.h"

namespace cenote::transfer {
namespace {

class ThreadedService final : public Service {
public:
    explicit ThreadedService(std::function<void(const KeptZone&)> on_notify)
        : wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)), answers_({}, std::move(on_notify)) {
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
        const std::lock_guard lock(mutex_);
        next_ = Next{options, std::move(policy), node};
        wake();
    }

    std::vector<ServedStatus> status() const override {
        std::vector<ServedStatus> all;
        const auto now = answers_.zones();
        for (const auto& version : now->versions)
            all.push_back({version->of.zone.to_string(), version->serial, version->records->size()});
        return all;
    }

    Inbox& inbox() noexcept override { return answers_; }

private:
    struct Next {
        Options options;
        std::shared_ptr<const policy::Policy> policy;
        std::string node;
    };

    void wake() noexcept {
        const std::uint64_t one = 1;
        static_cast<void>(!::write(wake_.get(), &one, sizeof one));
    }

    void run() {
        while (!stop_) {
            std::array<pollfd, 3> all{{{wake_.get(), POLLIN, 0},
                                       {notices_.sockets()[0].get(), POLLIN, 0},
                                       {notices_.sockets()[1].get(), POLLIN, 0}}};
            ::poll(all.data(), all.size(), notices_.empty() ? 1000 : 100);
            std::uint64_t count = 0;
            static_cast<void>(!::read(wake_.get(), &count, sizeof count));
            rebuild();
            notices_.read_answers();
            notices_.send_due();
        }
    }

    void rebuild() {
        std::optional<Next> next;
        {
            const std::lock_guard lock(mutex_);
            next.swap(next_);
        }
        if (!next) return;
        const auto before = answers_.zones();
        auto made = std::make_shared<Zones>();
        made->options = next->options;
        std::vector<std::shared_ptr<const ZoneVersion>> changes;
        for (const ServedZone& zone : next->options.served) {
            const auto known = std::find_if(before->versions.begin(), before->versions.end(),
                                            [&](const auto& version) { return version->of.zone == zone.zone; });
            const auto old = known == before->versions.end() ? nullptr : *known;
            const auto of = policy_of_group(*next->policy, zone.group, wall_now());
            if (!of) {
                log::error("zone {}: {}", zone.zone.to_string(), of.error().text);
                if (old != nullptr) made->versions.push_back(old);
                continue;
            }
            ZoneVersion version{
                .of = zone,
                .node = next->node,
                .ttl_s = rpz_ttl_s(*next->policy),
                .serial = next->policy->version(),
                .records = std::make_shared<const std::vector<RpzRecord>>(fitting(rpz_records(*of), zone.zone)),
                .steps = {}};
            const auto changed = next_version(old.get(), std::move(version));
            made->versions.push_back(changed != nullptr ? changed : old);
            if (changed == nullptr) continue;
            log::notice("zone {}: serial {}, {} records", zone.zone.to_string(), changed->serial,
                        changed->records->size());
            changes.push_back(changed);
        }
        answers_.show(std::move(made));
        for (const auto& changed : changes) notices_.announce(changed);
    }

    static std::vector<RpzRecord> fitting(std::vector<RpzRecord> records, const wire::Name& zone) {
        const auto left_out = remove_too_long(records, zone.wire().size());
        if (left_out != 0) log::warning("zone {}: {} names are too long to stand in it", zone.to_string(), left_out);
        return records;
    }

    UniqueFd wake_;
    std::atomic<bool> stop_{false};
    std::mutex mutex_;
    std::optional<Next> next_;
    Notices notices_;
    Answers answers_;
    std::thread thread_;
};

}  // namespace

std::unique_ptr<Service> Service::start(std::function<void(const KeptZone&)> on_notify) {
    return std::make_unique<ThreadedService>(std::move(on_notify));
}

}  // namespace cenote::transfer
