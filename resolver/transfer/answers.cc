// SPDX-License-Identifier: Apache-2.0
#include "resolver/transfer/answers.h"

#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "resolver/transfer/notices.h"

namespace cenote::transfer {
namespace {

constexpr std::uint8_t kV4Bits = 128;  // of the mapped address: each address counts by itself
constexpr std::uint8_t kV6Bits = 56;
constexpr std::size_t kWordsMax = 1024;
constexpr milliseconds kLook{250};
constexpr std::uint16_t kServFail = 2;

std::uint64_t unix_now() { return static_cast<std::uint64_t>(wall_now().time_since_epoch().count()); }

Prefix client_of(const IpAddress& ip) noexcept { return {ip, ip.is_v4() ? kV4Bits : kV6Bits}; }

template <typename Info>
void put_source(msghdr& header, int level, int type, const Info& from) noexcept {
    auto* info = static_cast<cmsghdr*>(header.msg_control);
    info->cmsg_level = level;
    info->cmsg_type = type;
    info->cmsg_len = CMSG_LEN(sizeof from);
    std::memcpy(CMSG_DATA(info), &from, sizeof from);
    header.msg_controllen = CMSG_SPACE(sizeof from);
}

/// From the address that was asked, where the socket has none of its own.
void send_datagram(const Asker& asker, ByteView message) {
    sockaddr_storage native{};
    const socklen_t size = asker.peer.to_native(native);
    iovec part{const_cast<std::uint8_t*>(message.data()), message.size()};
    alignas(cmsghdr) std::array<std::uint8_t, CMSG_SPACE(sizeof(in6_pktinfo))> control{};
    msghdr header{};
    header.msg_name = &native;
    header.msg_namelen = size;
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    header.msg_control = control.data();
    if (asker.any_address && asker.local.is_v4()) {
        in_pktinfo from{};
        const auto octets = asker.local.v4_octets();
        std::memcpy(&from.ipi_spec_dst, octets.data(), octets.size());
        put_source(header, IPPROTO_IP, IP_PKTINFO, from);
    } else if (asker.any_address) {
        in6_pktinfo from{};
        std::memcpy(&from.ipi6_addr, asker.local.octets().data(), asker.local.octets().size());
        from.ipi6_ifindex = asker.interface;
        put_source(header, IPPROTO_IPV6, IPV6_PKTINFO, from);
    }
    static_cast<void>(::sendmsg(asker.socket, &header, MSG_DONTWAIT | MSG_NOSIGNAL));
}

}  // namespace

Answers::Answers(const AnswerLimits& limits, std::function<void(const KeptZone&)> on_notify)
    : limits_(limits), on_notify_(std::move(on_notify)), wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    for (Waiting* each : {&waiting_, &taken_}) {
        each->messages.reserve(limits.waiting_max);
        each->words.reserve(kWordsMax);
    }
    thread_ = std::thread([this] { run(); });
    pthread_setname_np(thread_.native_handle(), "zone-answers");
}

Answers::~Answers() {
    stop_ = true;
    wake();
    thread_.join();
}

void Answers::show(std::shared_ptr<const Zones> zones) {
    const std::lock_guard lock(zones_mutex_);
    zones_ = std::move(zones);
}

std::shared_ptr<const Zones> Answers::zones() const {
    const std::lock_guard lock(zones_mutex_);
    return zones_;
}

void Answers::wake() noexcept {
    const std::uint64_t one = 1;
    static_cast<void>(!::write(wake_.get(), &one, sizeof one));
}

bool Answers::take(const Asker& asker, ByteView message) noexcept {
    const std::unique_lock lock(inbox_mutex_, std::try_to_lock);
    auto& messages = waiting_.messages;
    if (!lock.owns_lock() || messages.size() >= limits_.waiting_max || message.size() > kMessageMax) return false;
    const Prefix client = client_of(asker.peer.ip);
    const auto same =
        std::count_if(messages.begin(), messages.end(), [&](const Message& each) { return each.client == client; });
    if (static_cast<std::size_t>(same) >= limits_.waiting_per_client_max) return false;
    Message& slot = messages.emplace_back();  // within what was reserved
    slot.asker = asker;
    slot.client = client;
    slot.size = message.size();
    std::copy(message.begin(), message.end(), slot.bytes.begin());
    wake();
    return true;
}

bool Answers::say(const Word& word) noexcept {
    const std::unique_lock lock(inbox_mutex_, std::try_to_lock);
    if (!lock.owns_lock() || waiting_.words.size() >= kWordsMax) return false;
    waiting_.words.push_back(word);
    wake();
    return true;
}

bool Answers::go_on(Outlet& outlet, SlabHandle connection) noexcept {
    return say({.outlet = &outlet, .connection = connection, .gone = false});
}

bool Answers::forget(Outlet& outlet, SlabHandle connection) noexcept {
    return say({.outlet = &outlet, .connection = connection, .gone = true});
}

void Answers::run() {
    while (!stop_) {
        pollfd one{wake_.get(), POLLIN, 0};
        ::poll(&one, 1, under_way_.empty() ? -1 : static_cast<int>(kLook.count()));
        std::uint64_t count = 0;
        static_cast<void>(!::read(wake_.get(), &count, sizeof count));
        taken_.messages.clear();
        taken_.words.clear();
        {
            const std::lock_guard lock(inbox_mutex_);
            std::swap(waiting_, taken_);
        }
        for (const Word& word : taken_.words) heed(word);
        for (const Message& message : taken_.messages) answer(message);
        end_late();
    }
}

void Answers::answer(const Message& message) {
    const auto now = zones();
    const ByteView bytes = ByteView(message.bytes).first(message.size);
    const Asker& asker = message.asker;
    if (auto notified = answer_notify(now->options.kept, asker.peer, bytes)) {
        for (const KeptZone& zone : notified->changed) on_notify_(zone);
        if (asker.stream())
            asker.outlet->put({.connection = asker.connection, .message = std::move(notified->message), .last = true});
        else
            send_datagram(asker, notified->message);
        return;
    }
    auto response = respond(*now, {.message = bytes, .peer = asker.peer, .stream = asker.stream(), .now = unix_now()});
    if (asker.stream()) {
        if (response) return answer_stream(message, std::move(*response));
        asker.outlet->put({.connection = asker.connection, .message = {}, .last = true});
    } else if (response) {
        if (const auto reply = response->next(unix_now())) send_datagram(asker, *reply);
    }
}

bool Answers::has_place(const Prefix& client) const {
    if (under_way_.size() >= limits_.transfers_max) return false;
    const auto same = std::count_if(under_way_.begin(), under_way_.end(),
                                    [&](const Transfer& each) { return each.client == client; });
    return static_cast<std::size_t>(same) < limits_.transfers_per_client_max;
}

void Answers::answer_stream(const Message& message, Response response) {
    if (response.is_transfer() && !has_place(message.client)) response.refuse(kServFail);
    const Ticks now = ticks_now();
    under_way_.push_back({message.asker, message.client, std::move(response), now, now});
    send_part(under_way_.back());
    if (under_way_.back().response.finished()) under_way_.pop_back();
}

void Answers::send_part(Transfer& transfer) {
    auto message = transfer.response.next(unix_now());
    if (!message) return;
    transfer.sent = ticks_now();
    transfer.asker.outlet->put({.connection = transfer.asker.connection,
                                .message = std::move(*message),
                                .last = transfer.response.finished()});
}

/// Of several transfers over one connection the oldest goes on: each part that left calls for one.
void Answers::heed(const Word& word) {
    const auto of_connection = [&](const Transfer& each) {
        return each.asker.outlet == word.outlet && each.asker.connection == word.connection;
    };
    if (word.gone) {
        under_way_.remove_if(of_connection);
        return;
    }
    const auto found = std::find_if(under_way_.begin(), under_way_.end(), of_connection);
    if (found == under_way_.end()) return;
    send_part(*found);
    if (found->response.finished()) under_way_.erase(found);
}

void Answers::end_late() {
    const Ticks now = ticks_now();
    under_way_.remove_if([&](const Transfer& each) {
        if (now - each.sent <= limits_.part && now - each.begun <= limits_.whole) return false;
        each.asker.outlet->put({.connection = each.asker.connection, .message = {}, .last = true});
        return true;
    });
}

}  // namespace cenote::transfer
