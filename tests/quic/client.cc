// SPDX-License-Identifier: Apache-2.0
#include "tests/quic/client.h"

#include <ngtcp2/ngtcp2_crypto_gnutls.h>

#include <algorithm>
#include <array>

#include "resolver/base/check.h"
#include "resolver/base/random.h"
#include "resolver/quic/native.h"
#include "resolver/quic/query_message.h"

namespace cenote::quic::testing {
namespace {

constexpr const char* kPriority = "NORMAL:-VERS-ALL:+VERS-TLS1.3:%DISABLE_TLS13_COMPAT_MODE";

Client& of(void* user) noexcept { return *static_cast<Client*>(user); }

int new_id(ngtcp2_conn*, ngtcp2_cid* id, std::uint8_t* token, std::size_t size, void*) {
    fill_random({id->data, size});
    id->datalen = size;
    fill_random({token, kResetTokenSize});
    return 0;
}

}  // namespace

struct Client::Glue {
    static ngtcp2_conn* native(ngtcp2_crypto_conn_ref* reference) { return of(reference->user_data).native_; }
    static int complete(ngtcp2_conn*, void* user) {
        of(user).complete_ = true;
        return 0;
    }
    static int data(ngtcp2_conn* native, std::uint32_t flags, std::int64_t stream, std::uint64_t,
                    const std::uint8_t* bytes, std::size_t size, void* user, void*) {
        Stream& received = of(user).streams_[stream];
        received.received.insert(received.received.end(), bytes, bytes + size);
        received.finished = received.finished || (flags & NGTCP2_STREAM_DATA_FLAG_FIN) != 0;
        static_cast<void>(native);
        return 0;
    }
    static int reset(ngtcp2_conn*, std::int64_t stream, std::uint64_t, std::uint64_t code, void* user, void*) {
        of(user).streams_[stream].reset = code;
        return 0;
    }
    static int closed(ngtcp2_conn*, std::uint32_t, std::int64_t stream, std::uint64_t, void* user, void*) {
        of(user).outgoing_.erase(stream);
        return 0;
    }
    static ngtcp2_callbacks all() noexcept {
        ngtcp2_callbacks callbacks{};
        callbacks.client_initial = ngtcp2_crypto_client_initial_cb;
        callbacks.recv_crypto_data = ngtcp2_crypto_recv_crypto_data_cb;
        callbacks.recv_retry = ngtcp2_crypto_recv_retry_cb;
        callbacks.encrypt = ngtcp2_crypto_encrypt_cb;
        callbacks.decrypt = ngtcp2_crypto_decrypt_cb;
        callbacks.hp_mask = ngtcp2_crypto_hp_mask_cb;
        callbacks.update_key = ngtcp2_crypto_update_key_cb;
        callbacks.delete_crypto_aead_ctx = ngtcp2_crypto_delete_crypto_aead_ctx_cb;
        callbacks.delete_crypto_cipher_ctx = ngtcp2_crypto_delete_crypto_cipher_ctx_cb;
        callbacks.get_path_challenge_data = ngtcp2_crypto_get_path_challenge_data_cb;
        callbacks.version_negotiation = ngtcp2_crypto_version_negotiation_cb;
        callbacks.rand = [](std::uint8_t* to, std::size_t size, const ngtcp2_rand_ctx*) { fill_random({to, size}); };
        callbacks.get_new_connection_id = new_id;
        callbacks.handshake_completed = complete;
        callbacks.recv_stream_data = data;
        callbacks.stream_reset = reset;
        callbacks.stream_close = closed;
        return callbacks;
    }
};

Client::Client(const ClientOptions& options, Ticks now) : options_(options) {
    ngtcp2_settings settings;
    ngtcp2_settings_default(&settings);
    settings.initial_ts = native_of(now);
    settings.max_tx_udp_payload_size = kPacketBytesMax;
    settings.no_pmtud = 1;
    ngtcp2_transport_params params;
    ngtcp2_transport_params_default(&params);
    params.initial_max_stream_data_bidi_local = options.reply_room;
    params.initial_max_data = options.reply_room;
    params.max_idle_timeout = native_of(options.idle);
    NativeAddress own(options.own);
    NativeAddress server(options.server);
    ngtcp2_path path{};
    path.local = {own.get(), own.size};
    path.remote = {server.get(), server.size};
    const ngtcp2_cid destination = native_of(ConnectionId::random());
    const ngtcp2_cid source = native_of(ConnectionId::random());
    const ngtcp2_callbacks callbacks = Glue::all();
    CENOTE_CHECK(ngtcp2_conn_client_new(&native_, &destination, &source, &path, NGTCP2_PROTO_VER_V1, &callbacks,
                                        &settings, &params, nullptr, this) == 0);
    CENOTE_CHECK(gnutls_certificate_allocate_credentials(&credentials_) == 0);
    CENOTE_CHECK(gnutls_init(&session_, GNUTLS_CLIENT) == 0);
    CENOTE_CHECK(ngtcp2_crypto_gnutls_configure_client_session(session_) == 0);
    CENOTE_CHECK(gnutls_priority_set_direct(session_, kPriority, nullptr) == 0);
    CENOTE_CHECK(gnutls_credentials_set(session_, GNUTLS_CRD_CERTIFICATE, credentials_) == 0);
    if (!options_.alpn.empty()) {
        const gnutls_datum_t alpn{reinterpret_cast<unsigned char*>(options_.alpn.data()),
                                  static_cast<unsigned>(options_.alpn.size())};
        CENOTE_CHECK(gnutls_alpn_set_protocols(session_, &alpn, 1, 0) == 0);
    }
    reference_ = {.get_conn = Glue::native, .user_data = this};
    gnutls_session_set_ptr(session_, &reference_);
    ngtcp2_conn_set_tls_native_handle(native_, session_);
}

Client::~Client() {
    ngtcp2_conn_del(native_);
    gnutls_deinit(session_);
    gnutls_certificate_free_credentials(credentials_);
}

std::int64_t Client::open(Bytes bytes, Fin fin) {
    std::int64_t id = -1;
    CENOTE_CHECK(ngtcp2_conn_open_bidi_stream(native_, &id, nullptr) == 0);
    streams_[id];
    send(id, std::move(bytes), fin);
    return id;
}

void Client::send(std::int64_t id, Bytes bytes, Fin fin) {
    Outgoing& outgoing = outgoing_[id];
    // ngtcp2 refers to bytes that may have to be sent again: they must not move when more are added.
    if (outgoing.bytes.empty()) outgoing.bytes.reserve(std::max(bytes.size(), 2 * kQueryBytesMax));
    CENOTE_CHECK(outgoing.bytes.size() + bytes.size() <= outgoing.bytes.capacity());
    outgoing.bytes.insert(outgoing.bytes.end(), bytes.begin(), bytes.end());
    outgoing.fin = fin == Fin::Yes;
}

void Client::cancel(std::int64_t id) {
    if (const auto found = outgoing_.find(id); found != outgoing_.end()) {  // its bytes stay until the stream is closed
        found->second.sent = found->second.bytes.size();
        found->second.fin_sent = found->second.fin;
    }
    static_cast<void>(ngtcp2_conn_shutdown_stream(native_, id, 3));
}

bool Client::may_open() const { return ngtcp2_conn_get_streams_bidi_left(native_) != 0; }

std::optional<Bytes> Client::reply(std::int64_t id) const {
    const Stream& found = streams_.at(id);
    if (!found.finished || found.received.size() < 2) return std::nullopt;
    if (found.received.size() != 2U + load_u16(found.received.data())) return std::nullopt;
    return Bytes(found.received.begin() + 2, found.received.end());
}

Bytes Client::framed(const Bytes& message) {
    Bytes whole(2);
    store_u16(whole.data(), static_cast<std::uint16_t>(message.size()));
    whole.insert(whole.end(), message.begin(), message.end());
    return whole;
}

std::vector<Bytes> Client::packets(Ticks now) {
    std::vector<Bytes> out;
    if (last_words_) {
        out.push_back(*std::move(last_words_));
        last_words_.reset();
    }
    while (alive() && write(now, out)) {
    }
    return out;
}

bool Client::write(Ticks now, std::vector<Bytes>& out) {
    std::array<std::uint8_t, kPacketBytesMax> space;
    ngtcp2_path_storage path;
    ngtcp2_path_storage_zero(&path);
    ngtcp2_pkt_info info{};
    for (auto& [id, outgoing] : outgoing_) {
        if (outgoing.sent == outgoing.bytes.size() && outgoing.fin == outgoing.fin_sent) continue;
        ngtcp2_vec part{outgoing.bytes.data() + outgoing.sent, outgoing.bytes.size() - outgoing.sent};
        ngtcp2_ssize taken = -1;
        const ngtcp2_ssize size = ngtcp2_conn_writev_stream(
            native_, &path.path, &info, space.data(), space.size(), &taken,
            outgoing.fin ? NGTCP2_WRITE_STREAM_FLAG_FIN : NGTCP2_WRITE_STREAM_FLAG_NONE, id, &part, 1, native_of(now));
        if (size == NGTCP2_ERR_STREAM_DATA_BLOCKED) continue;
        if (size == NGTCP2_ERR_STREAM_SHUT_WR || size == NGTCP2_ERR_STREAM_NOT_FOUND) {
            outgoing.sent = outgoing.bytes.size();
            outgoing.fin_sent = outgoing.fin;
            continue;
        }
        if (size < 0) {
            broken_ = true;
            return false;
        }
        if (taken >= 0) {
            outgoing.sent += static_cast<std::size_t>(taken);
            outgoing.fin_sent = outgoing.fin && outgoing.sent == outgoing.bytes.size();
        }
        if (size == 0) return false;
        out.emplace_back(space.begin(), space.begin() + size);
        return true;
    }
    const ngtcp2_ssize size =
        ngtcp2_conn_write_pkt(native_, &path.path, &info, space.data(), space.size(), native_of(now));
    if (size < 0) broken_ = true;
    if (size <= 0) return false;
    out.emplace_back(space.begin(), space.begin() + size);
    return true;
}

void Client::receive(ByteView packet, Ticks now) {
    if (!alive()) return;
    NativeAddress own(options_.own);
    NativeAddress server(options_.server);
    ngtcp2_path path{};
    path.local = {own.get(), own.size};
    path.remote = {server.get(), server.size};
    const ngtcp2_pkt_info info{};
    const int code = ngtcp2_conn_read_pkt(native_, &path, &info, packet.data(), packet.size(), native_of(now));
    if (code == NGTCP2_ERR_DRAINING) {
        ngtcp2_connection_close_error error;
        ngtcp2_connection_close_error_default(&error);
        ngtcp2_conn_get_connection_close_error(native_, &error);
        ended_ = {.by_application = error.type == NGTCP2_CONNECTION_CLOSE_ERROR_CODE_TYPE_APPLICATION,
                  .code = error.error_code};
    } else if (code != 0) {
        broken_ = true;
    }
}

void Client::on_timer(Ticks now) {
    if (!alive() || ngtcp2_conn_get_expiry(native_) > native_of(now)) return;
    if (ngtcp2_conn_handle_expiry(native_, native_of(now)) != 0) broken_ = true;
}

Ticks Client::due() const noexcept {
    const ngtcp2_tstamp expiry = alive() ? ngtcp2_conn_get_expiry(native_) : UINT64_MAX;
    if (expiry == UINT64_MAX) return Ticks::max();
    return Ticks{} + std::chrono::nanoseconds(static_cast<std::int64_t>(expiry));
}

void Client::close(Ticks now) {
    std::array<std::uint8_t, kPacketBytesMax> space;
    ngtcp2_path_storage path;
    ngtcp2_path_storage_zero(&path);
    ngtcp2_pkt_info info{};
    ngtcp2_connection_close_error error;
    ngtcp2_connection_close_error_set_application_error(&error, 0, nullptr, 0);
    const ngtcp2_ssize size = ngtcp2_conn_write_connection_close(native_, &path.path, &info, space.data(), space.size(),
                                                                 &error, native_of(now));
    if (size > 0) last_words_.emplace(space.begin(), space.begin() + size);
    broken_ = true;
}

}  // namespace cenote::quic::testing
