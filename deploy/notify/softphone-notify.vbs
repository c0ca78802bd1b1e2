' Tells the connector of one event of a softphone that can only start a program.
'
'   wscript softphone-notify.vbs URL EVENT EXTENSION [NUMBER]
'
' URL is the device's, https://host/hit/KEY; EVENT is ringing, dialed, connected, ended or missed, or
' the softphone's own word for it. Shows no window. Gives up after nine seconds: softphones that wait
' for the program wait for ten.
Option Explicit

Dim given, number, request
Set given = WScript.Arguments
If given.Count < 3 Then
    WScript.Echo "usage: wscript softphone-notify.vbs URL EVENT EXTENSION [NUMBER]"
    WScript.Quit 2
End If
number = ""
If given.Count > 3 Then number = given(3)

Set request = CreateObject("MSXML2.ServerXMLHTTP.6.0")
request.setTimeouts 2000, 2000, 2500, 2500
On Error Resume Next
request.open "GET", given(0) & "/" & given(1) & "?ext=" & Encoded(given(2)) & "&n=" & Encoded(number), False
request.send
If Err.Number <> 0 Then WScript.Quit 1
If request.status >= 300 Then WScript.Quit 1

' Percent-encodes all but letters, digits and what is safe in a query; numbers and names of lines
' are plain characters, so one byte each.
Function Encoded(text)
    Dim place, letter, done
    For place = 1 To Len(text)
        letter = Mid(text, place, 1)
        If InStr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~", letter) > 0 Then
            done = done & letter
        Else
            done = done & "%" & Right("0" & Hex(Asc(letter)), 2)
        End If
    Next
    Encoded = done
End Function
