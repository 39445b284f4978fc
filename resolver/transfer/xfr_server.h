// SPDX-License-Identifier: Apache-2.0
//
// Answers queries about zones: short responses at once, transfers message by message as the client takes them. A
// transfer gets its place only after its key or address was checked, and loses it when its client stops reading.
// Private to transfer.
//
// Threads:  the XfrQueue, show() and zones() may be called by any thread; one thread inside makes the responses.
// Time:     reads both clocks.
// Memory:   XfrLimits::transfers_max responses of one message each, and the versions of zones that they hold.
// Failure:  a transfer that finds no place is answered SERVFAIL, so that the secondary asks again after its retry time.
#pragma once

#include <sys/types.h>

#include <array>
#include <atomic>
#include <functional>
#include <list>
#include <memory>
#include <thread>
#include <vector>

#include "resolver/base/clock.h"
#include "resolver/base/fd.h"
#include "resolver/base/mutex.h"
#include "resolver/transfer/responder.h"
#include "resolver/transfer/xfr_queue.h"

namespace cenote::transfer {

struct XfrLimits {
    std::size_t transfers_max = 64;
    std::size_t transfers_per_client_max = 8;  // a client is one address, or one /56 (RFC 6177)
    std::size_t waiting_max = 128;             // messages that are not answered yet
    std::size_t waiting_per_client_max = 32;
    milliseconds part{30000};    // for a client to take one message of a transfer
    milliseconds whole{900000};  // for it to take all of them
};

class XfrServer final : public XfrQueue {
public:
    /// `on_notify`: a secondary zone has changed at its primary; called by the thread inside.
    XfrServer(const XfrLimits& limits, std::function<void(const SecondaryZoneOptions&)> on_notify);
    ~XfrServer();
    XfrServer(const XfrServer&) = delete;
    XfrServer& operator=(const XfrServer&) = delete;

    /// Responses are made from these zones from now on; transfers that have begun keep their versions.
    void show(std::shared_ptr<const Zones> zones);
    [[nodiscard]] std::shared_ptr<const Zones> zones() const;
    /// How often a limit was reached; read by any thread.
    struct Counts {
        std::atomic<std::uint64_t> queue_full{0};
        std::atomic<std::uint64_t> no_place{0};
        std::atomic<std::uint64_t> overdue{0};
    };
    [[nodiscard]] const Counts& counts() const noexcept { return counts_; }

    bool take(const QueryOrigin& origin, ByteView message) noexcept override;
    bool continue_transfer(Outlet& outlet, SlabHandle connection) noexcept override;
    bool forget(Outlet& outlet, SlabHandle connection) noexcept override;

private:
    static constexpr std::size_t kMessageMax = 1232;
    struct WaitingQuery {
        QueryOrigin origin;
        Prefix client;
        std::size_t size = 0;
        std::array<std::uint8_t, kMessageMax> bytes;
    };
    /// A connection took a part, or was closed.
    struct ConnectionEvent {
        Outlet* outlet = nullptr;
        SlabHandle connection;
        bool closed = false;
    };
    struct Waiting {
        std::vector<WaitingQuery> queries;
        std::vector<ConnectionEvent> events;
    };
    struct Transfer {
        QueryOrigin origin;
        Prefix client;
        Response response;
        Ticks begun;
        Ticks sent;
    };

    bool queue_event(const ConnectionEvent& event) noexcept;
    bool put_query(const QueryOrigin& origin, ByteView message) noexcept CENOTE_REQUIRES(waiting_mutex_);
    void wake() noexcept;
    void run();
    void answer(const WaitingQuery& query);
    void answer_stream(const WaitingQuery& query, Response response);
    [[nodiscard]] bool has_place(const Prefix& client) const;
    void on_event(const ConnectionEvent& event);
    void send_part(Transfer& transfer);
    void end_overdue();

    XfrLimits limits_;
    Counts counts_;
    std::function<void(const SecondaryZoneOptions&)> on_notify_;
    UniqueFd wake_;
    std::atomic<bool> stop_{false};
    mutable Mutex zones_mutex_;
    std::shared_ptr<const Zones> zones_ CENOTE_GUARDED_BY(zones_mutex_) = std::make_shared<const Zones>();
    Mutex waiting_mutex_;
    Waiting waiting_ CENOTE_GUARDED_BY(waiting_mutex_);
    Waiting taken_;                  // used by the thread inside
    std::list<Transfer> transfers_;  // oldest first; used by the thread inside
    std::thread thread_;
};

}  // namespace cenote::transfer
