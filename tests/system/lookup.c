/* SPDX-License-Identifier: Apache-2.0
 *
 * Prints the IPv4 addresses that the C library finds for a name. Compiled by musl-gcc for tests of its resolver. */
#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>

int main(int count, char** words) {
    struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM};
    struct addrinfo* found = NULL;
    char text[INET_ADDRSTRLEN];
    int error;
    if (count != 2) return 2;
    error = getaddrinfo(words[1], NULL, &hints, &found);
    if (error != 0) {
        fprintf(stderr, "%s\n", gai_strerror(error));
        return 1;
    }
    for (; found != NULL; found = found->ai_next) {
        struct sockaddr_in* address = (struct sockaddr_in*)found->ai_addr;
        puts(inet_ntop(AF_INET, &address->sin_addr, text, sizeof text));
    }
    return 0;
}
