// SPDX-License-Identifier: Apache-2.0
//
// Answers queries about zones: short ones at once, transfers part by part as the client takes them. A transfer has its
// place only once its key or address is known to be right, and a client that does not go on loses it.
// Private to transfer.
//
// Threads:  the Inbox, show() and zones() are any thread's; the answers are made by a thread inside.
// Time:     reads both clocks.
// Memory:   AnswerLimits::transfers_max responses of one message each, and the versions of zones that they hold.
// Failure:  a transfer that finds no place is answered SERVFAIL, and the secondary asks again after its retry time.
#pragma once

#include <sys/types.h>

#include <array>
#include <atomic>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "resolver/base/clock.h"
#include "resolver/base/fd.h"
#include "resolver/transfer/inbox.h"
#include "resolver/transfer/responder.h"

namespace cenote::transfer {

struct AnswerLimits {
    std::size_t transfers_max = 64;
    std::size_t transfers_per_client_max = 8;  // of one address, or of one /56 (RFC 6177)
    std::size_t waiting_max = 128;             // messages that wait to be answered
    std::size_t waiting_per_client_max = 32;
    milliseconds part{30000};    // until a client takes one message of a transfer
    milliseconds whole{900000};  // until it has all of them
};

class Answers final : public Inbox {
public:
    /// `on_notify`: a kept zone has changed at its primary; called by the thread inside.
    Answers(const AnswerLimits& limits, std::function<void(const KeptZone&)> on_notify);
    ~Answers();
    Answers(const Answers&) = delete;
    Answers& operator=(const Answers&) = delete;

    /// From now on these are answered from; transfers that are under way go on with theirs.
    void show(std::shared_ptr<const Zones> zones);
    [[nodiscard]] std::shared_ptr<const Zones> zones() const;

    bool take(const Asker& asker, ByteView message) noexcept override;
    bool go_on(Outlet& outlet, SlabHandle connection) noexcept override;
    bool forget(Outlet& outlet, SlabHandle connection) noexcept override;

private:
    static constexpr std::size_t kMessageMax = 1232;
    struct Message {
        Asker asker;
        Prefix client;
        std::size_t size = 0;
        std::array<std::uint8_t, kMessageMax> bytes;
    };
    /// What a worker says of a connection.
    struct Word {
        Outlet* outlet = nullptr;
        SlabHandle connection;
        bool gone = false;
    };
    struct Waiting {
        std::vector<Message> messages;
        std::vector<Word> words;
    };
    struct Transfer {
        Asker asker;
        Prefix client;
        Response response;
        Ticks begun;
        Ticks sent;
    };

    bool say(const Word& word) noexcept;
    void wake() noexcept;
    void run();
    void answer(const Message& message);
    void answer_stream(const Message& message, Response response);
    [[nodiscard]] bool has_place(const Prefix& client) const;
    void heed(const Word& word);
    void send_part(Transfer& transfer);
    void end_late();

    AnswerLimits limits_;
    std::function<void(const KeptZone&)> on_notify_;
    UniqueFd wake_;
    std::atomic<bool> stop_{false};
    mutable std::mutex zones_mutex_;
    std::shared_ptr<const Zones> zones_ = std::make_shared<const Zones>();
    std::mutex inbox_mutex_;
    Waiting waiting_;                // with inbox_mutex_ held
    Waiting taken_;                  // the thread's
    std::list<Transfer> under_way_;  // oldest first
    std::thread thread_;
};

}  // namespace cenote::transfer
