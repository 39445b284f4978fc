// SPDX-License-Identifier: Apache-2.0
//
// The begin of a connection, and the functions that ngtcp2 calls for what happens on it.

#include <algorithm>

#include "resolver/base/check.h"
#include "resolver/base/random.h"
#include "resolver/quic/connection.h"
#include "resolver/quic/native.h"

namespace cenote::quic {
namespace {

constexpr std::size_t kBudget = 1U << 20;  // of one connection
constexpr std::uint64_t kDataMax = 2 * kQueryBytesMax;
constexpr std::uint64_t kIdsMax = 4;

Connection& of(void* user) noexcept { return *static_cast<Connection*>(user); }
Budget& budget_of(void* user) noexcept { return *static_cast<Budget*>(user); }

ngtcp2_mem memory_of(Budget& budget) noexcept {
    return {
        .user_data = &budget,
        .malloc = [](std::size_t size, void* user) { return allocate(budget_of(user), size); },
        .free = [](void* block, void* user) { release(budget_of(user), block); },
        .calloc = [](std::size_t count, std::size_t size,
                     void* user) { return allocate_zeroed(budget_of(user), count, size); },
        .realloc = [](void* block, std::size_t size, void* user) { return reallocate(budget_of(user), block, size); }};
}

}  // namespace

struct Connection::Glue {
    static int on_handshake(ngtcp2_conn*, void* user) {
        of(user).on_handshake();
        return 0;
    }
    static int on_stream_open(ngtcp2_conn*, std::int64_t stream, void* user) {
        of(user).on_stream_open(stream);
        return 0;
    }
    static int on_stream_data(ngtcp2_conn*, std::uint32_t flags, std::int64_t stream, std::uint64_t,
                              const std::uint8_t* data, std::size_t size, void* user, void*) {
        const bool fin = (flags & NGTCP2_STREAM_DATA_FLAG_FIN) != 0;
        of(user).on_query_bytes(stream, {data, size}, fin ? QueryMessage::Fin::Yes : QueryMessage::Fin::No);
        return 0;
    }
    static int on_stream_close(ngtcp2_conn*, std::uint32_t, std::int64_t stream, std::uint64_t, void* user, void*) {
        of(user).on_stream_close(stream);
        return 0;
    }
    static int on_stream_reset(ngtcp2_conn*, std::int64_t stream, std::uint64_t, std::uint64_t, void* user, void*) {
        of(user).on_cancel(stream);
        return 0;
    }
    static int on_stop_sending(ngtcp2_conn*, std::int64_t stream, std::uint64_t, void* user, void*) {
        of(user).on_cancel(stream);
        return 0;
    }
    static int new_id(ngtcp2_conn*, ngtcp2_cid* id, std::uint8_t* token, std::size_t, void* user) {
        return of(user).add_id(*id, token) ? 0 : NGTCP2_ERR_CALLBACK_FAILURE;
    }
    static int remove_id(ngtcp2_conn*, const ngtcp2_cid* id, void* user) {
        Connection& connection = of(user);
        const ConnectionId removed = from_native(*id);
        std::erase(connection.ids_, removed);
        connection.host_.remove_id(removed);
        return 0;
    }
    static ngtcp2_conn* native(ngtcp2_crypto_conn_ref* reference) { return of(reference->user_data).native_.get(); }

    static ngtcp2_callbacks all() noexcept {
        ngtcp2_callbacks callbacks{};
        callbacks.recv_client_initial = ngtcp2_crypto_recv_client_initial_cb;
        callbacks.recv_crypto_data = ngtcp2_crypto_recv_crypto_data_cb;
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
        callbacks.remove_connection_id = remove_id;
        callbacks.handshake_completed = on_handshake;
        callbacks.stream_open = on_stream_open;
        callbacks.recv_stream_data = on_stream_data;
        callbacks.stream_close = on_stream_close;
        callbacks.stream_reset = on_stream_reset;
        callbacks.stream_stop_sending = on_stop_sending;
        return callbacks;
    }
};

Connection::Connection(ConnectionHost& host, const Terms& terms, Budget& all, const Beginning& beginning,
                       SlabHandle self, Ticks now)
    : host_(host),
      self_(self),
      route_(beginning.route),
      stall_(terms.settings.stall),
      budget_(kBudget, &all),
      memory_(memory_of(budget_)),
      credentials_(terms.credentials),
      reference_{.get_conn = Glue::native, .user_data = this},
      now_(now),
      active_(now) {}

std::unique_ptr<Connection> Connection::begin(ConnectionHost& host, const Terms& terms, Budget& all,
                                              const Beginning& beginning, SlabHandle self, Ticks now) {
    std::unique_ptr<Connection> connection(new Connection(host, terms, all, beginning, self, now));
    return connection->start(terms, beginning, now) ? std::move(connection) : nullptr;
}

bool Connection::start(const Terms& terms, const Beginning& beginning, Ticks now) {
    const Initial& initial = beginning.initial;
    ngtcp2_settings settings;
    ngtcp2_settings_default(&settings);
    settings.initial_ts = native_of(now);
    settings.max_tx_udp_payload_size = kPacketBytesMax;
    settings.no_pmtud = 1;
    settings.handshake_timeout = native_of(terms.settings.handshake);
    if (beginning.retried) settings.token = {const_cast<std::uint8_t*>(initial.token.data()), initial.token.size()};
    ngtcp2_transport_params params;
    ngtcp2_transport_params_default(&params);
    params.original_dcid = native_of(beginning.retried.value_or(initial.destination));
    if (beginning.retried) {
        params.retry_scid = native_of(initial.destination);
        params.retry_scid_present = 1;
    }
    params.initial_max_stream_data_bidi_remote = kQueryBytesMax;
    params.initial_max_data = kDataMax;
    params.initial_max_streams_bidi = terms.settings.streams_max;
    params.max_idle_timeout = native_of(terms.idle);
    params.active_connection_id_limit = kIdsMax;
    params.disable_active_migration = 1;
    const ConnectionId own = ConnectionId::random();
    const auto token = reset_token(own, terms.settings.secret);
    if (!token) return false;
    params.stateless_reset_token_present = 1;
    std::ranges::copy(*token, params.stateless_reset_token);
    secret_ = terms.settings.secret;

    NativeAddress local(route_.local);
    NativeAddress peer(route_.peer);
    ngtcp2_path path{};
    path.local = {local.get(), local.size};
    path.remote = {peer.get(), peer.size};
    const ngtcp2_cid source = native_of(own);
    const ngtcp2_cid destination = native_of(initial.source);
    const ngtcp2_callbacks callbacks = Glue::all();
    ngtcp2_conn* native = nullptr;
    if (ngtcp2_conn_server_new(&native, &destination, &source, &path, initial.version, &callbacks, &settings, &params,
                               &memory_, this) != 0)
        return false;
    native_.reset(native);
    session_ = credentials_->begin();
    if (session_ == nullptr) return false;
    gnutls_session_set_ptr(session_.get(), &reference_);
    ngtcp2_conn_set_tls_native_handle(native_.get(), session_.get());
    for (const ConnectionId& id : {own, initial.destination}) {
        ids_.push_back(id);
        host_.add_id(id, self_);
    }
    return true;
}

/// Another id, under which the client may go on.
bool Connection::add_id(ngtcp2_cid& id, std::uint8_t* token) {
    const ConnectionId own = ConnectionId::random();
    const auto reset = reset_token(own, secret_);
    if (!reset) return false;
    id = native_of(own);
    std::ranges::copy(*reset, token);
    ids_.push_back(own);
    host_.add_id(own, self_);
    return true;
}

}  // namespace cenote::quic
