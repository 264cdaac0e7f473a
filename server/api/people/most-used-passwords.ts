/**
 * Passwords of twelve and more characters that guessing programs try first: number rows, walks over the keyboard, and
 * the plainest words with digits. Shorter ones are refused for their length.
 */
export const MOST_USED: ReadonlySet<string> = new Set(
  `
123456789012 1234567890123 12345678901234 123456789012345 1234567890123456 012345678901 0123456789012 098765432109
987654321098 111222333444 112233445566 123123123123 123412341234 123454321012 147258369147 121212121212 100200300400
qwertyuiop12 qwertyuiop123 qwertyuiop1234 qwertyuiopas qwertyuiopasdf qwertyuiop[] qwertyqwerty qwerty123456 qwerty1234567
qwerty12345678 qwerty123456789 qwerty1234567890 1qaz2wsx3edc 1qaz2wsx3edc4rfv 1q2w3e4r5t6y 1q2w3e4r5t6y7u 1q2w3e4r5t6y7u8i
q1w2e3r4t5y6 qazwsxedcrfv qazwsxedc123 zaq12wsxcde3 zaq1xsw2cde3 asdfghjkl123 asdfghjkl1234 asdfghjklzxc asdfasdfasdf
zxcvbnm12345 zxcvbnm123456 zxcvbnmasdfg qweasdzxc123 qweqweqwe123 azertyuiop12 azertyuiop123 qwertzuiop12 qwertzuiop123
password1234 password12345 password123456 password1234567 password12345678 password123456789 password123! password2023
password2024 password2025 password2026 passwordpassword passw0rd1234 p@ssw0rd1234 p@ssword1234 p@ssw0rd12345 mypassword12
mypassword123 mypassword1234 newpassword1 newpassword123 changeme1234 changeme12345 changemenow1 letmein12345 letmein123456
letmeinletmein welcome12345 welcome123456 welcome1234567 welcome2024! welcome2025! welcome2026! administrator
administrator1 administrator123 adminadmin12 adminadmin123 admin1234567 admin12345678 admin123456789 admin1234567890
adminpassword adminpassword1 rootpassword rootroot1234 superuser123 testpassword test12345678 test123456789 testtesttest
testtest1234 temppassword temporary123 default12345 defaultpassword secretpassword topsecret123 iloveyou1234 iloveyou12345
iloveyou123456 iloveyouforever iloveyousomuch sunshine1234 sunshine12345 princess1234 princess12345 football1234
football12345 baseball1234 basketball12 basketball123 superman1234 superman12345 starwars1234 startrek1234 pokemon12345
monkey123456 dragon123456 shadow123456 master123456 michael12345 jennifer1234 computer1234 computer12345 internet1234
internet12345 facebook1234 google123456 whatever1234 trustno1trustno1 abcdefghijkl abcdefghijklm abcdefghijklmnop
abcdefgh1234 abcdefgh12345678 abcd12345678 abcd1234abcd abcd1234efgh abc123456789 abc1234567890 abc123abc123 aa1234567890
a1b2c3d4e5f6 a123456789012 asdf12345678 summer2024!! summer2025!! summer2026!! winter2024!! winter2025!! winter2026!!
spring2025!! autumn2025!! correcthorsebatterystaple thisisapassword thisismypassword
`
    .split(/\s+/)
    .filter(Boolean),
)
