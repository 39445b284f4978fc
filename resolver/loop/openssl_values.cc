// SPDX-License-Identifier: Apache-2.0
#include "resolver/loop/openssl_values.h"

#include <openssl/err.h>

#include <ctime>

namespace cenote::loop {

Openssl<BIO> memory_of(std::string_view text) {
    return Openssl<BIO>(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

int no_passphrase(char*, int, int, void*) { return -1; }

std::string last_reason() {
    const char* const reason = ERR_reason_error_string(ERR_peek_last_error());
    ERR_clear_error();
    return reason == nullptr ? std::string("OpenSSL gives no reason") : std::string(reason);
}

WallTime time_of(const ASN1_TIME* time) {
    std::tm broken{};
    if (ASN1_TIME_to_tm(time, &broken) != 1) return {};
    return WallTime(seconds(::timegm(&broken)));
}

}  // namespace cenote::loop
