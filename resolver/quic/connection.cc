// SPDX-License-Identifier: Apache-2.0
#include "resolver/quic/connection.h"

#include <algorithm>
#include <array>
#include <bit>
#include <utility>

#include "resolver/quic/native.h"

namespace cenote::quic {

using relay::Count;

namespace {

// RFC 9002 §7.7: bursts no longer than the initial window, with a gap between them. The pacing of ngtcp2 is not used:
// it would delay the first replies by parts of the initial round-trip time of 333 ms, which few clients are away.
constexpr int kPacketsAtOnce = 10;
constexpr milliseconds kBurstGap{1};
constexpr std::size_t kReplyBytesMax = 384 << 10;  // with what ngtcp2 takes less than half of the budget (receive)
constexpr std::uint64_t kCancelledFree = 64;       // so many queries may be cancelled before they count

}  // namespace

Connection::~Connection() {
    leave();
    for (const ConnectionId& id : ids_) host_.remove_id(id);
}

/// What it had is freed, and no reply to it is awaited.
void Connection::leave() {
    for (auto& [id, stream] : streams_) {
        abandon(stream);
        budget_.give(stream.reply.size());
    }
    streams_.clear();
    ready_.clear();
    blocked_.clear();
    resets_.clear();
    native_.reset();  // it refers to the replies, and is given up with them
    session_.reset();
}

Ticks Connection::due() const noexcept {
    if (state_ == State::Closing) return gone_at_;
    if (state_ == State::Gone) return Ticks{};
    const ngtcp2_tstamp expiry = ngtcp2_conn_get_expiry(native_.get());
    if (expiry == UINT64_MAX) return next_burst_;
    return std::min(next_burst_, Ticks{} + std::chrono::nanoseconds(static_cast<std::int64_t>(expiry)));
}

void Connection::receive(const Route& route, ByteView packet, Ticks now) {
    if (route.peer.ip != route_.peer.ip || route.local.ip != route_.local.ip || route.socket != route_.socket)
        return host_.count(Count::Malformed);
    if (state_ == State::Closing) {
        // RFC 9000 §10.2.1: the answers become rarer the more the client sends.
        if (std::has_single_bit(++heard_) && !ending_.empty()) host_.send_packet(route, ending_);
        return;
    }
    if (!is_alive()) return;
    now_ = now;
    NativeAddress local(route.local);
    NativeAddress peer(route.peer);
    ngtcp2_path path{};
    path.local = {local.get(), local.size};
    path.remote = {peer.get(), peer.size};
    const ngtcp2_pkt_info info{};
    const int code = ngtcp2_conn_read_pkt(native_.get(), &path, &info, packet.data(), packet.size(), native_of(now));
    if (code != 0) return end_for(code, now);
    reset_noted();
    if (wanted_end_) return close(*wanted_end_, now);
    if (budget_.used() > budget_.limit() / 2) {
        host_.count(Count::Memory);
        close(DoqError::ExcessiveLoad, now);
    }
}

void Connection::on_timer(Ticks now) {
    if (state_ == State::Closing) {
        if (now >= gone_at_) state_ = State::Gone;
        return;
    }
    if (!is_alive()) return;
    now_ = now;
    if (ngtcp2_conn_get_expiry(native_.get()) <= native_of(now)) {
        const int code = ngtcp2_conn_handle_expiry(native_.get(), native_of(now));
        if (code != 0) return end_for(code, now);
    }
    flush(now);
}

void Connection::on_stream_open(std::int64_t id) {
    Stream& stream = streams_[id];
    stream.since = now_;
    ++live_;
}

void Connection::on_query_bytes(std::int64_t id, ByteView bytes, QueryMessage::Fin fin) {
    const auto found = streams_.find(id);
    const bool wanted = found != streams_.end() && !found->second.over;
    if (!wanted || !budget_.take(bytes.size())) {
        ngtcp2_conn_extend_max_offset(native_.get(), bytes.size());
        return wanted ? reset_later(id, DoqError::ExcessiveLoad) : void();
    }
    Stream& stream = found->second;
    const std::size_t before = stream.query.size();
    const QueryMessage::State state = stream.query.add(bytes, fin);
    if (stream.query.size() == before) budget_.give(bytes.size());  // it did not take them
    switch (state) {
        case QueryMessage::State::Incomplete: return;
        case QueryMessage::State::Complete: return on_complete(id, stream);
        case QueryMessage::State::Broken:
            if (!wanted_end_) host_.count(Count::Protocol);
            wanted_end_ = DoqError::Protocol;
    }
}

void Connection::on_complete(std::int64_t id, Stream& stream) {
    active_ = stream.since = now_;
    stream.request = host_.take_query(self_, id, stream.query.message());
    forget_query(stream);
    if (stream.request.valid()) return;
    host_.count(Count::Overloaded);
    reset_later(id, DoqError::ExcessiveLoad);
}

/// Its bytes are gone from here: the client may send as many others.
void Connection::forget_query(Stream& stream) {
    if (stream.query.size() != 0 && native_ != nullptr)
        ngtcp2_conn_extend_max_offset(native_.get(), stream.query.size());
    budget_.give(stream.query.size());
    stream.query.clear();
}

void Connection::abandon(Stream& stream) {
    if (stream.over) return;
    stream.over = true;
    --live_;
    if (stream.request.valid()) host_.drop_query(std::exchange(stream.request, {}));
    forget_query(stream);
}

/// The client has reset its direction of the stream, or takes nothing in the other one. A stream that begins so is not
/// reported as opened.
void Connection::on_cancel(std::int64_t id) {
    if (!streams_.contains(id)) on_stream_open(id);
    const auto found = streams_.find(id);
    if (found == streams_.end() || found->second.over || std::exchange(found->second.cancelled, true)) return;
    reset_later(id, DoqError::None);
    if (++cancelled_ <= kCancelledFree + answered_ || wanted_end_) return;
    host_.count(Count::Floods);
    wanted_end_ = DoqError::ExcessiveLoad;
}

void Connection::on_stream_close(std::int64_t id) {
    ngtcp2_conn_extend_max_streams_bidi(native_.get(), 1);
    const auto found = streams_.find(id);
    if (found == streams_.end()) return;
    Stream& stream = found->second;
    if (!stream.over) ++answered_;
    abandon(stream);
    budget_.give(stream.reply.size());
    reply_bytes_ -= stream.reply.size();
    streams_.erase(found);
}

void Connection::on_handshake() {
    state_ = State::Open;
    active_ = now_;
    host_.count(Count::Connections);
    host_.on_handshake(self_);
}

void Connection::reset_later(std::int64_t id, DoqError error) { resets_.push_back({id, error}); }

void Connection::reset_noted() {
    for (const Reset& noted : resets_) {
        const auto found = streams_.find(noted.stream);
        if (found == streams_.end() || found->second.over) continue;
        abandon(found->second);
        // An error is lack of memory alone: the connection will end of it.
        static_cast<void>(
            ngtcp2_conn_shutdown_stream(native_.get(), noted.stream, static_cast<std::uint64_t>(noted.error)));
    }
    resets_.clear();
}

void Connection::reply(std::int64_t id, ByteView message, Ticks now) {
    const auto found = streams_.find(id);
    if (found == streams_.end() || found->second.over || !is_alive()) return;
    Stream& stream = found->second;
    stream.request = {};
    now_ = active_ = stream.since = now;
    const std::size_t size = kLengthSize + message.size();
    if (message.empty()) {
        reset_later(id, DoqError::Internal);
    } else if (reply_bytes_ + size > kReplyBytesMax || !budget_.take(size)) {
        host_.count(Count::Overloaded);
        reset_later(id, DoqError::ExcessiveLoad);
    } else {
        reply_bytes_ += size;
        stream.reply = with_length(message);
        ready_.push_back(id);
    }
    reset_noted();
}

void Connection::flush(Ticks now) {
    if (!is_alive()) return;
    next_burst_ = Ticks::max();
    unblock();
    int sent = 0;
    while (sent < kPacketsAtOnce && write_packet(now)) ++sent;
    if (sent == kPacketsAtOnce) next_burst_ = now + kBurstGap;
}

/// The client may have made room.
void Connection::unblock() {
    if (blocked_.empty() || ngtcp2_conn_get_max_data_left(native_.get()) == 0) return;
    std::erase_if(blocked_, [this](std::int64_t id) {
        if (streams_.contains(id) && ngtcp2_conn_get_max_stream_data_left(native_.get(), id) == 0) return false;
        ready_.push_back(id);
        return true;
    });
}

/// The first stream with something to send; nullptr, with the id -1: there is none.
Connection::Stream* Connection::next_ready(std::int64_t& id) {
    for (; !ready_.empty(); ready_.pop_front()) {
        id = ready_.front();
        const auto found = streams_.find(id);
        if (found != streams_.end() && !found->second.over) return &found->second;
    }
    id = -1;
    return nullptr;
}

/// Writes and sends one packet; false: nothing more can be sent now.
bool Connection::write_packet(Ticks now) {
    std::array<std::uint8_t, kPacketBytesMax> space;
    ngtcp2_path_storage path;
    ngtcp2_path_storage_zero(&path);
    ngtcp2_pkt_info info{};
    for (;;) {
        std::int64_t id = -1;
        Stream* const stream = next_ready(id);
        ngtcp2_vec part{};
        if (stream != nullptr) part = {stream->reply.data() + stream->sent, stream->reply.size() - stream->sent};
        ngtcp2_ssize taken = -1;
        const ngtcp2_ssize size =
            ngtcp2_conn_writev_stream(native_.get(), &path.path, &info, space.data(), space.size(), &taken,
                                      stream != nullptr ? NGTCP2_WRITE_STREAM_FLAG_FIN : NGTCP2_WRITE_STREAM_FLAG_NONE,
                                      id, &part, stream != nullptr ? 1 : 0, native_of(now));
        if (stream != nullptr && size == NGTCP2_ERR_STREAM_DATA_BLOCKED) {
            blocked_.push_back(id);
            ready_.pop_front();
            continue;
        }
        if (stream != nullptr && (size == NGTCP2_ERR_STREAM_SHUT_WR || size == NGTCP2_ERR_STREAM_NOT_FOUND)) {
            ready_.pop_front();
            continue;
        }
        if (size < 0) end_for(static_cast<int>(size), now);
        if (size <= 0) return false;
        if (stream != nullptr && taken >= 0) {
            stream->sent += static_cast<std::size_t>(taken);
            if (stream->sent == stream->reply.size()) ready_.pop_front();
        }
        send(path.path, ByteView(space).first(static_cast<std::size_t>(size)));
        return true;
    }
}

void Connection::send(const ngtcp2_path& path, ByteView packet) noexcept {
    Route route = route_;
    if (path.remote.addrlen != 0) route.peer = SocketAddress::from_native(path.remote.addr);
    host_.send_packet(route, packet);
}

void Connection::expire_streams(Ticks now) {
    if (!is_alive()) return;
    for (const auto& [id, stream] : streams_) {
        if (stream.over || now - stream.since <= stall_) continue;
        host_.count(Count::Stalled);
        reset_later(id, stream.request.valid() ? DoqError::Internal : DoqError::ExcessiveLoad);
    }
    reset_noted();
}

void Connection::close(DoqError error, Ticks now) {
    if (!is_alive()) return;
    ngtcp2_connection_close_error reason;
    ngtcp2_connection_close_error_set_application_error(&reason, static_cast<std::uint64_t>(error), nullptr, 0);
    end(reason, now);
}

/// After an error of ngtcp2, whose code gives the packet that ends the connection.
void Connection::end_for(int code, Ticks now) {
    if (code == NGTCP2_ERR_DRAINING) return drain(now);
    if (code == NGTCP2_ERR_IDLE_CLOSE || code == NGTCP2_ERR_HANDSHAKE_TIMEOUT || code == NGTCP2_ERR_DROP_CONN ||
        code == NGTCP2_ERR_RETRY) {
        host_.count(state_ == State::Handshake ? Count::Failed : Count::Idle);
        state_ = State::Gone;
        return leave();
    }
    if (code == NGTCP2_ERR_NOMEM) host_.count(Count::Memory);
    ngtcp2_connection_close_error reason;
    if (code == NGTCP2_ERR_CRYPTO)
        ngtcp2_connection_close_error_set_transport_error_tls_alert(&reason, ngtcp2_conn_get_tls_alert(native_.get()),
                                                                    nullptr, 0);
    else
        ngtcp2_connection_close_error_set_transport_error_liberr(&reason, code, nullptr, 0);
    end(reason, now);
}

/// RFC 9000 §10.2: for three probe timeouts the end is sent again to a client that still sends.
void Connection::end(const ngtcp2_connection_close_error& error, Ticks now) {
    ending_.resize(kPacketBytesMax);
    ngtcp2_path_storage path;
    ngtcp2_path_storage_zero(&path);
    ngtcp2_pkt_info info{};
    const ngtcp2_ssize size = ngtcp2_conn_write_connection_close(native_.get(), &path.path, &info, ending_.data(),
                                                                 ending_.size(), &error, native_of(now));
    ending_.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
    if (!ending_.empty()) send(path.path, ending_);
    drain(now);
}

void Connection::drain(Ticks now) {
    if (state_ == State::Handshake) {  // its address may be forged: nothing of it stays
        host_.count(Count::Failed);
        state_ = State::Gone;
        return leave();
    }
    gone_at_ = now + std::chrono::nanoseconds(static_cast<std::int64_t>(3 * ngtcp2_conn_get_pto(native_.get())));
    state_ = State::Closing;
    leave();
}

}  // namespace cenote::quic
