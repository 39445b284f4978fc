// SPDX-License-Identifier: Apache-2.0
#include "resolver/transfer/xfr_server.h"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "resolver/base/packet_info.h"
#include "resolver/transfer/notify.h"

namespace cenote::transfer {
namespace {

constexpr std::uint8_t kV4Bits = 128;  // of the mapped address: each address counts by itself
constexpr std::uint8_t kV6Bits = 56;
constexpr std::size_t kEventsMax = 1024;
constexpr milliseconds kDeadlineCheck{250};  // while there are transfers

std::uint64_t unix_now() { return static_cast<std::uint64_t>(wall_now().time_since_epoch().count()); }

Prefix client_of(const IpAddress& ip) noexcept { return {ip, ip.is_v4() ? kV4Bits : kV6Bits}; }

/// A reply leaves from the address that was asked; a socket that is bound to all addresses has none of its own.
void send_datagram(const QueryOrigin& origin, ByteView message) {
    sockaddr_storage native{};
    const socklen_t size = origin.reply_to.to_native(native);
    iovec part{const_cast<std::uint8_t*>(message.data()), message.size()};
    alignas(cmsghdr) std::array<std::uint8_t, kPacketInfoSize> control{};
    msghdr header{};
    header.msg_name = &native;
    header.msg_namelen = size;
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    if (origin.any_address) {
        header.msg_control = control.data();
        header.msg_controllen = write_packet_info({origin.local, origin.interface}, control);
    }
    static_cast<void>(::sendmsg(origin.socket, &header, MSG_DONTWAIT | MSG_NOSIGNAL));
}

void close_connection(const QueryOrigin& origin) {
    origin.outlet->put_part({.connection = origin.connection, .message = {}, .last = true});
}

}  // namespace

XfrServer::XfrServer(const XfrLimits& limits, std::function<void(const SecondaryZoneOptions&)> on_notify)
    : limits_(limits), on_notify_(std::move(on_notify)), wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    for (Waiting* each : {&waiting_, &taken_}) {
        each->queries.reserve(limits.waiting_max);
        each->events.reserve(kEventsMax);
    }
    thread_ = std::thread([this] { run(); });
    pthread_setname_np(thread_.native_handle(), "xfr-server");
}

XfrServer::~XfrServer() {
    stop_ = true;
    wake();
    thread_.join();
}

void XfrServer::show(std::shared_ptr<const Zones> zones) {
    const MutexLock lock(zones_mutex_);
    zones_ = std::move(zones);
}

std::shared_ptr<const Zones> XfrServer::zones() const {
    const MutexLock lock(zones_mutex_);
    return zones_;
}

void XfrServer::wake() noexcept {
    const std::uint64_t one = 1;
    static_cast<void>(!::write(wake_.get(), &one, sizeof one));
}

bool XfrServer::take(const QueryOrigin& origin, ByteView message) noexcept {
    if (!waiting_mutex_.try_lock()) return false;
    const MutexLock lock(waiting_mutex_, std::adopt_lock);
    if (!put_query(origin, message)) {
        counts_.queue_full.fetch_add(1, std::memory_order_relaxed);
        return false;
    }
    wake();
    return true;
}

bool XfrServer::put_query(const QueryOrigin& origin, ByteView message) noexcept {
    auto& queries = waiting_.queries;
    if (queries.size() >= limits_.waiting_max || message.size() > kMessageMax) return false;
    const Prefix client = client_of(origin.peer.ip);
    const auto same =
        std::count_if(queries.begin(), queries.end(), [&](const WaitingQuery& each) { return each.client == client; });
    if (static_cast<std::size_t>(same) >= limits_.waiting_per_client_max) return false;
    WaitingQuery& slot = queries.emplace_back();  // within what was reserved
    slot.origin = origin;
    slot.client = client;
    slot.size = message.size();
    std::copy(message.begin(), message.end(), slot.bytes.begin());
    return true;
}

bool XfrServer::queue_event(const ConnectionEvent& event) noexcept {
    if (!waiting_mutex_.try_lock()) return false;
    const MutexLock lock(waiting_mutex_, std::adopt_lock);
    if (waiting_.events.size() >= kEventsMax) return false;
    waiting_.events.push_back(event);
    wake();
    return true;
}

bool XfrServer::continue_transfer(Outlet& outlet, SlabHandle connection) noexcept {
    return queue_event({.outlet = &outlet, .connection = connection, .closed = false});
}

bool XfrServer::forget(Outlet& outlet, SlabHandle connection) noexcept {
    return queue_event({.outlet = &outlet, .connection = connection, .closed = true});
}

void XfrServer::run() {
    while (!stop_) {
        pollfd one{wake_.get(), POLLIN, 0};
        ::poll(&one, 1, transfers_.empty() ? -1 : static_cast<int>(kDeadlineCheck.count()));
        std::uint64_t count = 0;
        static_cast<void>(!::read(wake_.get(), &count, sizeof count));
        taken_.queries.clear();
        taken_.events.clear();
        {
            const MutexLock lock(waiting_mutex_);
            std::swap(waiting_, taken_);
        }
        for (const ConnectionEvent& event : taken_.events) on_event(event);
        for (const WaitingQuery& query : taken_.queries) answer(query);
        end_overdue();
    }
}

void XfrServer::answer(const WaitingQuery& query) {
    const auto now = zones();
    const ByteView message = ByteView(query.bytes).first(query.size);
    const QueryOrigin& origin = query.origin;
    if (auto notified = answer_notify(now->options.secondary_zones, origin.peer, message)) {
        for (const SecondaryZoneOptions& zone : notified->changed) on_notify_(zone);
        if (origin.stream())
            origin.outlet->put_part(
                {.connection = origin.connection, .message = std::move(notified->message), .last = true});
        else
            send_datagram(origin, notified->message);
        return;
    }
    auto response =
        respond(*now, {.message = message, .peer = origin.peer, .stream = origin.stream(), .now = unix_now()});
    if (origin.stream()) {
        if (response) return answer_stream(query, std::move(*response));
        close_connection(origin);
    } else if (response) {
        if (const auto reply = response->next(unix_now())) send_datagram(origin, *reply);
    }
}

bool XfrServer::has_place(const Prefix& client) const {
    if (transfers_.size() >= limits_.transfers_max) return false;
    const auto same = std::count_if(transfers_.begin(), transfers_.end(),
                                    [&](const Transfer& each) { return each.client == client; });
    return static_cast<std::size_t>(same) < limits_.transfers_per_client_max;
}

void XfrServer::answer_stream(const WaitingQuery& query, Response response) {
    if (response.is_transfer() && !has_place(query.client)) {
        response.refuse(wire::Rcode::ServFail);
        counts_.no_place.fetch_add(1, std::memory_order_relaxed);
    }
    const Ticks now = ticks_now();
    transfers_.push_back({query.origin, query.client, std::move(response), now, now});
    send_part(transfers_.back());
    if (transfers_.back().response.finished()) transfers_.pop_back();
}

void XfrServer::send_part(Transfer& transfer) {
    auto message = transfer.response.next(unix_now());
    if (!message) return;
    transfer.sent = ticks_now();
    transfer.origin.outlet->put_part({.connection = transfer.origin.connection,
                                      .message = std::move(*message),
                                      .last = transfer.response.finished()});
}

/// Where a connection has several transfers, each part that it took is followed by one of the oldest of them.
void XfrServer::on_event(const ConnectionEvent& event) {
    const auto of_connection = [&](const Transfer& each) {
        return each.origin.outlet == event.outlet && each.origin.connection == event.connection;
    };
    if (event.closed) {
        transfers_.remove_if(of_connection);
        return;
    }
    const auto found = std::find_if(transfers_.begin(), transfers_.end(), of_connection);
    if (found == transfers_.end()) return;
    send_part(*found);
    if (found->response.finished()) transfers_.erase(found);
}

void XfrServer::end_overdue() {
    const Ticks now = ticks_now();
    transfers_.remove_if([&](const Transfer& each) {
        if (now - each.sent <= limits_.part && now - each.begun <= limits_.whole) return false;
        close_connection(each.origin);
        counts_.overdue.fetch_add(1, std::memory_order_relaxed);
        return true;
    });
}

}  // namespace cenote::transfer
