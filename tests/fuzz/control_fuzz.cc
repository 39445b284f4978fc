// SPDX-License-Identifier: Apache-2.0
//
// Lines of the control protocol: whatever decodes must encode to a line that decodes to the same.

#include <cstdint>
#include <string_view>

#include "resolver/base/check.h"
#include "resolver/control/protocol.h"
#include "tests/fuzz/input.h"

namespace {

cenote::fuzz::Goal request_read("a request is read");
cenote::fuzz::Goal response_read("a response is read");

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace cenote::control;
    const std::string_view line = cenote::fuzz::Input(data, size).text();
    if (const auto request = decode_request(line)) {
        request_read.reach();
        const auto again = decode_request(encode(*request));
        CENOTE_CHECK(again.ok());
        CENOTE_CHECK(again->verb == request->verb);
        CENOTE_CHECK(again->args == request->args);
    }
    if (const auto response = decode_response(line)) {
        response_read.reach();
        const auto again = decode_response(encode(*response));
        CENOTE_CHECK(again.ok());
        CENOTE_CHECK(again->ok == response->ok && again->more == response->more);
        CENOTE_CHECK(response->ok ? again->data == response->data : again->error == response->error);
    }
    return 0;
}
