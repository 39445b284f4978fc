// SPDX-License-Identifier: Apache-2.0
#include "resolver/transfer/incoming.h"

#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <sstream>

#include "resolver/base/fd.h"
#include "resolver/base/random.h"
#include "resolver/transfer/tsig.h"

namespace cenote::transfer {
namespace {

using wire::RrType;
using Bytes = std::vector<std::uint8_t>;

std::uint64_t unix_now() { return static_cast<std::uint64_t>(wall_now().time_since_epoch().count()); }

void put16(Bytes& out, std::uint16_t number) {
    out.push_back(static_cast<std::uint8_t>(number >> 8));
    out.push_back(static_cast<std::uint8_t>(number));
}
void put_name(Bytes& out, const wire::Name& name) { out.insert(out.end(), name.wire().begin(), name.wire().end()); }

Bytes make_query(const wire::Name& zone, RrType type, std::uint16_t id, const ZoneData* known) {
    Bytes message(wire::kHeaderSize, 0);
    store_u16(message.data(), id);
    store_u16(&message[4], 1);
    put_name(message, zone);
    put16(message, static_cast<std::uint16_t>(type));
    put16(message, static_cast<std::uint16_t>(wire::RrClass::IN));
    if (known == nullptr) return message;
    store_u16(&message[8], 1);  // the SOA that we have (RFC 1995 §3)
    put_name(message, zone);
    put16(message, static_cast<std::uint16_t>(RrType::SOA));
    put16(message, static_cast<std::uint16_t>(wire::RrClass::IN));
    message.insert(message.end(), 4, 0);
    put16(message, 22);
    message.insert(message.end(), 2, 0);
    const std::size_t at = message.size();
    message.insert(message.end(), 20, 0);
    store_u32(&message[at], known->soa.serial);
    return message;
}

/// A master file up to its serial number.
std::string head_of(const wire::Name& zone) {
    return fmt::format("$ORIGIN {}.\n@ SOA localhost. hostmaster.localhost. ", zone.to_string());
}

/// An errno or a timeout in words.
Error network(const SocketAddress& primary, std::string_view what) {
    return Error{fmt::format("{}: {}", primary.to_string(), what)};
}

/// Each message has its time, from its first byte to its last.
class Link {
public:
    static Result<Link> connect(const SocketAddress& to, milliseconds limit, const std::atomic<bool>& stop) {
        sockaddr_storage native{};
        const socklen_t size = to.to_native(native);
        Link link(UniqueFd(::socket(to.family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)), to, limit, stop);
        if (!link.fd_.valid()) return network(to, std::strerror(errno));
        if (::connect(link.fd_.get(), reinterpret_cast<const sockaddr*>(&native), size) != 0) {
            if (errno != EINPROGRESS) return network(to, std::strerror(errno));
            if (!link.wait(POLLOUT)) return network(to, "no connection in time");
            int error = 0;
            socklen_t length = sizeof error;
            ::getsockopt(link.fd_.get(), SOL_SOCKET, SO_ERROR, &error, &length);
            if (error != 0) return network(to, std::strerror(error));
        }
        return link;
    }

    Status send(const Bytes& message) {
        until_ = ticks_now() + limit_;
        Bytes framed;
        put16(framed, static_cast<std::uint16_t>(message.size()));
        framed.insert(framed.end(), message.begin(), message.end());
        for (std::size_t done = 0; done < framed.size();) {
            const auto count = ::send(fd_.get(), &framed[done], framed.size() - done, MSG_NOSIGNAL);
            if (count > 0)
                done += static_cast<std::size_t>(count);
            else if (errno != EAGAIN || !wait(POLLOUT))
                return network(to_, "the connection broke");
        }
        return Done{};
    }

    Result<Bytes> receive() {
        until_ = ticks_now() + limit_;
        std::array<std::uint8_t, 2> length{};
        if (auto got = read(length); !got) return std::move(got).error();
        Bytes message(load_u16(length.data()));
        if (auto got = read(message); !got) return std::move(got).error();
        return message;
    }

private:
    Link(UniqueFd fd, const SocketAddress& to, milliseconds limit, const std::atomic<bool>& stop)
        : fd_(std::move(fd)), to_(to), limit_(limit), until_(ticks_now() + limit), stop_(&stop) {}

    Status read(MutableBytes into) {
        while (!into.empty()) {
            const auto count = ::recv(fd_.get(), into.data(), into.size(), 0);
            if (count > 0)
                into = into.subspan(static_cast<std::size_t>(count));
            else if (count == 0)
                return network(to_, "the transfer was cut in the middle");
            else if (errno != EAGAIN)
                return network(to_, std::strerror(errno));
            else if (!wait(POLLIN))
                return network(to_, "no answer in time");
        }
        return Done{};
    }

    bool wait(short events) {
        constexpr int kLookMs = 100;
        while (!*stop_ && ticks_now() < until_) {
            pollfd one{fd_.get(), events, 0};
            if (::poll(&one, 1, kLookMs) > 0) return true;
        }
        return false;
    }

    UniqueFd fd_;
    SocketAddress to_;
    milliseconds limit_;
    Ticks until_;
    const std::atomic<bool>* stop_;
};

std::string_view rcode_text(unsigned rcode) {
    switch (rcode) {
        case 1: return "it does not understand us (FORMERR)";
        case 2: return "it failed (SERVFAIL)";
        case 5: return "it refuses (REFUSED); is this address allowed to transfer, is the key the right one?";
        case 9: return "it does not serve this zone, or does not know the key (NOTAUTH)";
        default: return "it answers with an error";
    }
}

std::string_view tsig_text(TsigError error) {
    switch (error) {
        case TsigError::BadKey: return "the key is another one there (BADKEY)";
        case TsigError::BadSig: return "the signature is wrong (BADSIG): is the secret the same on both sides?";
        case TsigError::BadTime: return "the clocks are too far apart (BADTIME)";
        default: return "the signature cannot be read";
    }
}

/// The header of an answer to `id`; the Error says what is wrong with it.
Status check_header(ByteView message, std::uint16_t id) {
    if (message.size() < wire::kHeaderSize) return Error{"the answer is no message"};
    const std::uint16_t flags = load_u16(&message[2]);
    if ((flags & wire::kFlagQr) == 0 || load_u16(message.data()) != id)
        return Error{"the answer is to another question"};
    if ((flags & 0xf) != 0) return Error{std::string(rcode_text(flags & 0xf))};
    return Done{};
}

}  // namespace

/// One question, and the messages that answer it: signed, where there is a key.
class Incoming::Asked {
public:
    static Result<Asked> ask(const Incoming& incoming, RrType type, const ZoneData* known) {
        auto link = Link::connect(incoming.zone_.primary, incoming.limits_.answer, incoming.stop_);
        if (!link) return std::move(link).error();
        Asked asked(*std::move(link), incoming.zone_.primary);
        Bytes query = make_query(incoming.zone_.zone, type, asked.id_, known);
        if (incoming.key_ != nullptr) asked.session_.emplace(*incoming.key_).sign_request(query, unix_now());
        if (auto sent = asked.link_.send(query); !sent) return std::move(sent).error();
        return asked;
    }

    Result<Bytes> next() {
        auto message = link_.receive();
        if (!message) return message;
        if (session_)
            if (const auto error = session_->verify_response(*message, unix_now()); error != TsigError::None)
                return network(primary_, tsig_text(error));
        if (auto good = check_header(*message, id_); !good) return network(primary_, good.error().text);
        return message;
    }
    [[nodiscard]] bool is_signed_to_the_end() const { return !session_ || session_->complete(); }

private:
    Asked(Link link, const SocketAddress& primary) : link_(std::move(link)), primary_(primary) {}

    Link link_;
    SocketAddress primary_;
    std::uint16_t id_ = static_cast<std::uint16_t>(random_u64());
    std::optional<TsigSession> session_;
};

Result<Soa> Incoming::ask_soa() const {
    auto asked = Asked::ask(*this, RrType::SOA, nullptr);
    if (!asked) return std::move(asked).error();
    const auto message = asked->next();
    if (!message) return message.error();
    std::size_t at = wire::kHeaderSize;
    wire::Name owner;
    const bool found = load_u16(&(*message)[4]) == 1 && wire::skip_name(*message, at) && message->size() - at >= 4 &&
                       load_u16(&(*message)[6]) > 0 && owner.read(*message, at + 4, at) && message->size() - at >= 10 &&
                       load_u16(&(*message)[at]) == static_cast<std::uint16_t>(RrType::SOA);
    const auto soa = found ? read_soa(*message, at + 10, message->size()) : std::nullopt;
    if (!soa) return network(zone_.primary, "it has no SOA of this zone");
    return *soa;
}

Result<std::optional<ZoneData>> Incoming::transfer(const ZoneData* known) const {
    auto asked = Asked::ask(*this, known != nullptr ? RrType::IXFR : RrType::AXFR, known);
    if (!asked) return std::move(asked).error();
    Assembler assembler(zone_.zone, known, limits_);
    std::size_t received = 0;
    for (const Ticks end = ticks_now() + limits_.whole; !assembler.complete();) {
        if (ticks_now() > end) return network(zone_.primary, "the transfer takes too long");
        const auto message = asked->next();
        if (!message) return message.error();
        received += message->size();
        if (received > limits_.received_max)
            return network(zone_.primary,
                           fmt::format("the transfer does not end within {} MiB", limits_.received_max >> 20));
        if (auto added = assembler.add(*message); !added) return network(zone_.primary, added.error().text);
    }
    if (!asked->is_signed_to_the_end()) return network(zone_.primary, "the end of the transfer is not signed");
    return std::move(assembler).finish();
}

std::string to_master_file(const wire::Name& zone, const ZoneData& data) {
    std::string text = fmt::format("{}{} {} {} {} 0\n", head_of(zone), data.soa.serial, data.soa.refresh,
                                   data.soa.retry, data.soa.expire);
    for (const RpzRecord& record : data.records) text += to_text(record) + "\n";
    return text;
}

std::optional<ZoneData> from_master_file(const wire::Name& zone, std::string_view text) {
    const std::string head = head_of(zone);
    if (!text.starts_with(head) || !text.ends_with('\n')) return std::nullopt;
    text.remove_prefix(head.size());
    const auto line = [&text] {
        const auto end = text.find('\n');
        const auto taken = text.substr(0, end);
        text.remove_prefix(end + 1);
        return taken;
    };
    ZoneData data;
    std::istringstream soa{std::string(line())};
    if (!(soa >> data.soa.serial >> data.soa.refresh >> data.soa.retry >> data.soa.expire)) return std::nullopt;
    while (!text.empty()) {
        auto record = parse_record(line());
        if (!record || is_of_the_zone(record->type) || (!data.records.empty() && !(data.records.back() < *record)))
            return std::nullopt;
        data.records.push_back(std::move(*record));
    }
    return data;
}

}  // namespace cenote::transfer
