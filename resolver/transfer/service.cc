// SPDX-License-Identifier: Apache-2.0
#include "resolver/transfer/service.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <condition_variable>
#include <cstring>
#include <list>
#include <mutex>
#include <thread>

#include "resolver/base/log.h"
#include "resolver/base/random.h"
#include "resolver/transfer/responder.h"

namespace cenote::transfer {
namespace {

constexpr std::size_t kDatagramsMax = 64;
constexpr std::size_t kDatagramMax = 1232;
constexpr std::size_t kConnectionsMax = 16;
constexpr milliseconds kConnectionIdle{30000};
constexpr milliseconds kNotifyWait{2000};
constexpr int kNotifyTries = 5;

std::uint64_t unix_now() { return static_cast<std::uint64_t>(wall_now().time_since_epoch().count()); }

/// Waits until the descriptor is ready; false: time is up, or it is to end.
bool wait_for(int fd, short events, milliseconds limit, const std::atomic<bool>& stop) {
    constexpr milliseconds kLook{200};
    for (Ticks end = ticks_now() + limit; !stop;) {
        pollfd one{fd, events, 0};
        const int ready = ::poll(&one, 1, static_cast<int>(kLook.count()));
        if (ready > 0) return true;
        if (ready < 0 && errno != EINTR) return false;
        if (ticks_now() >= end) return false;
    }
    return false;
}

bool write_all(int fd, ByteView bytes, const std::atomic<bool>& stop) {
    while (!bytes.empty()) {
        const auto count = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (count > 0)
            bytes = bytes.subspan(static_cast<std::size_t>(count));
        else if (count == 0 || (errno != EAGAIN && errno != EINTR) || !wait_for(fd, POLLOUT, kConnectionIdle, stop))
            return false;
    }
    return true;
}

bool read_exactly(int fd, MutableBytes into, const std::atomic<bool>& stop) {
    while (!into.empty()) {
        const auto count = ::recv(fd, into.data(), into.size(), MSG_DONTWAIT);
        if (count > 0)
            into = into.subspan(static_cast<std::size_t>(count));
        else if (count == 0 || (errno != EAGAIN && errno != EINTR) || !wait_for(fd, POLLIN, kConnectionIdle, stop))
            return false;
    }
    return true;
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
    if (asker.any_address) {
        header.msg_control = control.data();
        auto* info = reinterpret_cast<cmsghdr*>(control.data());
        if (asker.local.is_v4()) {
            in_pktinfo from{};
            const auto octets = asker.local.v4_octets();
            std::memcpy(&from.ipi_spec_dst, octets.data(), octets.size());
            info->cmsg_level = IPPROTO_IP;
            info->cmsg_type = IP_PKTINFO;
            info->cmsg_len = CMSG_LEN(sizeof from);
            std::memcpy(CMSG_DATA(info), &from, sizeof from);
            header.msg_controllen = CMSG_SPACE(sizeof from);
        } else {
            in6_pktinfo from{};
            std::memcpy(&from.ipi6_addr, asker.local.octets().data(), asker.local.octets().size());
            from.ipi6_ifindex = asker.interface;
            info->cmsg_level = IPPROTO_IPV6;
            info->cmsg_type = IPV6_PKTINFO;
            info->cmsg_len = CMSG_LEN(sizeof from);
            std::memcpy(CMSG_DATA(info), &from, sizeof from);
            header.msg_controllen = CMSG_SPACE(sizeof from);
        }
    }
    static_cast<void>(::sendmsg(asker.socket, &header, MSG_DONTWAIT | MSG_NOSIGNAL));
}

/// A NOTIFY on its way (RFC 1996 §3.6).
struct Notice {
    SocketAddress to;
    std::shared_ptr<const ZoneVersion> version;
    std::uint16_t id = 0;
    int tries = 0;
    Ticks due{};
};

class ThreadedService final : public Service {
public:
    explicit ThreadedService(std::function<void(const KeptZone&)> on_notify)
        : on_notify_(std::move(on_notify)), wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
        for (const int family : {AF_INET, AF_INET6})
            notify_.emplace_back(::socket(family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
        thread_ = std::thread([this] { run(); });
        pthread_setname_np(thread_.native_handle(), "zones");
    }
    ~ThreadedService() override {
        stop_ = true;
        wake();
        thread_.join();
        for (auto& connection : connections_) connection.thread.join();
    }

    void update(const Options& options, std::shared_ptr<const policy::Policy> policy,
                const std::string& node) override {
        const std::lock_guard lock(mutex_);
        next_ = Next{options, std::move(policy), node};
        wake();
    }

    std::vector<ServedStatus> status() const override {
        std::vector<ServedStatus> all;
        const auto now = zones();
        for (const auto& version : now->versions)
            all.push_back({version->of.zone.to_string(), version->serial, version->records->size()});
        return all;
    }

    void take_datagram(const Asker& asker, ByteView message) noexcept override {
        const std::unique_lock lock(inbox_mutex_, std::try_to_lock);
        if (!lock.owns_lock() || datagram_count_ == datagrams_.size() || message.size() > kDatagramMax) return;
        Datagram& slot = datagrams_[datagram_count_++];
        slot.asker = asker;
        slot.size = message.size();
        std::copy(message.begin(), message.end(), slot.bytes.begin());
        wake();
    }

    void take_stream(const Asker& asker, UniqueFd connection, ByteView message) noexcept override {
        const std::unique_lock lock(inbox_mutex_, std::try_to_lock);
        if (!lock.owns_lock() || streams_.size() >= kConnectionsMax) return;
        streams_.push_back({asker, std::move(connection), {message.begin(), message.end()}});
        wake();
    }

private:
    struct Next {
        Options options;
        std::shared_ptr<const policy::Policy> policy;
        std::string node;
    };
    struct Datagram {
        Asker asker;
        std::size_t size = 0;
        std::array<std::uint8_t, kDatagramMax> bytes;
    };
    struct Stream {
        Asker asker;
        UniqueFd fd;
        std::vector<std::uint8_t> message;
    };
    struct Connection {
        std::thread thread;
        std::shared_ptr<std::atomic<bool>> over;
    };

    void wake() noexcept {
        const std::uint64_t one = 1;
        static_cast<void>(!::write(wake_.get(), &one, sizeof one));
    }

    [[nodiscard]] std::shared_ptr<const Zones> zones() const {
        const std::lock_guard lock(mutex_);
        return zones_;
    }

    void run() {
        while (!stop_) {
            std::array<pollfd, 3> all{
                {{wake_.get(), POLLIN, 0}, {notify_[0].get(), POLLIN, 0}, {notify_[1].get(), POLLIN, 0}}};
            ::poll(all.data(), all.size(), notices_.empty() ? 1000 : 100);
            std::uint64_t count = 0;
            static_cast<void>(!::read(wake_.get(), &count, sizeof count));
            rebuild();
            answer_datagrams();
            take_streams();
            for (const UniqueFd& fd : notify_) read_notify_answers(fd.get());
            send_notices();
        }
    }

    void rebuild() {
        std::optional<Next> next;
        {
            const std::lock_guard lock(mutex_);
            next.swap(next_);
        }
        if (!next) return;
        const auto before = zones();
        auto made = std::make_shared<Zones>();
        made->options = next->options;
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
                .ttl_s = ttl_of(*next->policy),
                .serial = next->policy->version(),
                .records = std::make_shared<const std::vector<RpzRecord>>(fitting(rpz_records(*of), zone.zone)),
                .steps = {}};
            const auto changed = next_version(old.get(), std::move(version));
            made->versions.push_back(changed != nullptr ? changed : old);
            if (changed == nullptr) continue;
            log::notice("zone {}: serial {}, {} records", zone.zone.to_string(), changed->serial,
                        changed->records->size());
            announce(changed);
        }
        const std::lock_guard lock(mutex_);
        zones_ = std::move(made);
    }

    static std::uint32_t ttl_of(const policy::Policy& policy) {
        return static_cast<std::uint32_t>(std::max<std::int64_t>(policy.options().sinkhole.ttl.count(), 1));
    }

    /// A trigger and the zone's name have to fit into one name (RFC 1035 §2.3.4).
    static std::vector<RpzRecord> fitting(std::vector<RpzRecord> records, const wire::Name& zone) {
        const auto left_out = std::erase_if(records, [&](const RpzRecord& record) {
            return record.owner.size() + zone.wire().size() > wire::Name::kBytesMax;
        });
        if (left_out != 0) log::warning("zone {}: {} names are too long to stand in it", zone.to_string(), left_out);
        return records;
    }

    void announce(const std::shared_ptr<const ZoneVersion>& version) {
        std::erase_if(notices_, [&](const Notice& notice) { return notice.version->of.zone == version->of.zone; });
        for (const SocketAddress& to : version->of.notify)
            notices_.push_back({to, version, static_cast<std::uint16_t>(random_u64()), 0, {}});
    }

    void send_notices() {
        const Ticks now = ticks_now();
        std::erase_if(notices_, [&](Notice& notice) {
            if (now < notice.due) return false;
            if (notice.tries == kNotifyTries) {
                log::warning("zone {}: {} does not answer NOTIFY; it will ask by itself",
                             notice.version->of.zone.to_string(), notice.to.to_string());
                return true;
            }
            const auto message = make_notify(*notice.version, notice.id);
            sockaddr_storage native{};
            const socklen_t size = notice.to.to_native(native);
            const int fd = notify_[notice.to.ip.is_v4() ? 0 : 1].get();
            static_cast<void>(::sendto(fd, message.data(), message.size(), MSG_DONTWAIT | MSG_NOSIGNAL,
                                       reinterpret_cast<const sockaddr*>(&native), size));
            notice.due = now + kNotifyWait * (1 << notice.tries);
            ++notice.tries;
            return false;
        });
    }

    void read_notify_answers(int fd) {
        std::array<std::uint8_t, 512> bytes{};
        sockaddr_storage native{};
        for (;;) {
            socklen_t size = sizeof native;
            const auto count =
                ::recvfrom(fd, bytes.data(), bytes.size(), MSG_DONTWAIT, reinterpret_cast<sockaddr*>(&native), &size);
            if (count < 0) return;
            if (count < static_cast<ssize_t>(wire::kHeaderSize)) continue;
            const auto from = SocketAddress::from_native(reinterpret_cast<const sockaddr*>(&native));
            std::erase_if(notices_, [&](const Notice& notice) {
                return notice.id == load_u16(bytes.data()) && notice.to.ip == from.ip && notice.to.port == from.port;
            });
        }
    }

    void answer_datagrams() {
        for (;;) {
            Datagram one;
            {
                const std::lock_guard lock(inbox_mutex_);
                if (datagram_count_ == 0) return;
                one = datagrams_[--datagram_count_];
            }
            const ByteView message = ByteView(one.bytes).first(one.size);
            if (const auto reply = take_notify(one.asker.peer, message)) {
                send_datagram(one.asker, *reply);
                continue;
            }
            respond(*zones(), {.message = message, .peer = one.asker.peer, .stream = false, .now = unix_now()},
                    [&](std::vector<std::uint8_t> reply) {
                        send_datagram(one.asker, reply);
                        return true;
                    });
        }
    }

    /// The reply to a NOTIFY; nullopt: it is none. From the address of a zone's primary it needs no signature: it only
    /// makes us ask.
    std::optional<std::vector<std::uint8_t>> take_notify(const SocketAddress& peer, ByteView message) {
        if (message.size() < wire::kHeaderSize ||
            (load_u16(&message[2]) >> 11 & 0xf) != static_cast<unsigned>(wire::Opcode::Notify))
            return std::nullopt;
        wire::Name name;
        std::size_t end = wire::kHeaderSize;
        const bool readable = load_u16(&message[4]) == 1 && name.read(message, end, end) && message.size() - end >= 4;
        const auto now = zones();
        std::vector<std::uint8_t> reply(
            message.begin(), message.begin() + static_cast<std::ptrdiff_t>(readable ? end + 4 : wire::kHeaderSize));
        std::uint16_t rcode = 9;  // NOTAUTH: no zone of ours, or not from its primary
        for (const KeptZone& kept : now->options.kept) {
            if (!readable || !(kept.zone == name) || kept.primary.ip != peer.ip) continue;
            rcode = 0;
            on_notify_(kept);
        }
        store_u16(&reply[2], static_cast<std::uint16_t>(wire::kFlagQr | wire::kFlagAa |
                                                        static_cast<unsigned>(wire::Opcode::Notify) << 11 | rcode));
        store_u16(&reply[4], readable ? 1 : 0);
        for (const std::size_t at : {6U, 8U, 10U}) store_u16(&reply[at], 0);
        return reply;
    }

    void take_streams() {
        connections_.remove_if([](Connection& connection) {
            if (!*connection.over) return false;
            connection.thread.join();
            return true;
        });
        std::vector<Stream> taken;
        {
            const std::lock_guard lock(inbox_mutex_);
            taken.swap(streams_);
        }
        for (Stream& stream : taken) {
            if (connections_.size() >= kConnectionsMax) continue;  // closed: the secondary tries again
            const auto over = std::make_shared<std::atomic<bool>>(false);
            connections_.push_back({std::thread([this, over, one = std::move(stream)]() mutable {
                                        serve(one);
                                        one.fd.reset();
                                        *over = true;
                                        wake();
                                    }),
                                    over});
        }
    }

    static Question question_of(const Stream& stream) {
        return {.message = stream.message, .peer = stream.asker.peer, .stream = true, .now = unix_now()};
    }

    void serve(Stream& stream) {
        const int fd = stream.fd.get();
        const Emit emit = [&](std::vector<std::uint8_t> message) {
            std::array<std::uint8_t, 2> length{};
            store_u16(length.data(), static_cast<std::uint16_t>(message.size()));
            message.insert(message.begin(), length.begin(), length.end());
            return write_all(fd, message, stop_);
        };
        for (;;) {
            if (auto reply = take_notify(stream.asker.peer, stream.message)) {
                if (!emit(std::move(*reply))) return;
            } else if (!respond(*zones(), question_of(stream), emit)) {
                return;
            }
            std::array<std::uint8_t, 2> length{};
            if (!read_exactly(fd, length, stop_)) return;
            stream.message.resize(load_u16(length.data()));
            if (!read_exactly(fd, stream.message, stop_)) return;
        }
    }

    std::function<void(const KeptZone&)> on_notify_;
    UniqueFd wake_;
    std::vector<UniqueFd> notify_;  // IPv4, IPv6
    std::atomic<bool> stop_{false};
    mutable std::mutex mutex_;
    std::optional<Next> next_;
    std::shared_ptr<const Zones> zones_ = std::make_shared<const Zones>();
    std::mutex inbox_mutex_;
    std::array<Datagram, kDatagramsMax> datagrams_;
    std::size_t datagram_count_ = 0;
    std::vector<Stream> streams_;
    std::list<Connection> connections_;
    std::vector<Notice> notices_;
    std::thread thread_;
};

}  // namespace

std::unique_ptr<Service> Service::start(std::function<void(const KeptZone&)> on_notify) {
    return std::make_unique<ThreadedService>(std::move(on_notify));
}

}  // namespace cenote::transfer
