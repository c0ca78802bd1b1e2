' Tells the connector of one event of a softphone that can only start a program.
'
'   wscript softphone-notify.vbs URL EVENT EXTENSION [NUMBER [CALL_ID]]
'   wscript softphone-notify.vbs URL EXTENSION /N:S /C:NUMBER /T:I /I:ID
'
' URL is the device's, https://host/hit/KEY; EVENT is ringing, dialed, connected, ended or missed, or
' the softphone's own word for it. The second form is that of the old 3CX client, which appends its
' own arguments. Shows no window and returns at once, since some softphones wait for the program: it
' starts itself a second time, with /now, and that one sends.
Option Explicit

Dim unnamed, named
Set unnamed = WScript.Arguments.Unnamed
Set named = WScript.Arguments.Named

If unnamed.Count < 2 Or (unnamed.Count < 3 And Not named.Exists("N")) Then
    WScript.Echo "usage: wscript softphone-notify.vbs URL EVENT EXTENSION [NUMBER [CALL_ID]]"
    WScript.Quit 2
End If
If named.Exists("now") Then
    Send Target
Else
    StartAgain
End If

Sub StartAgain
    Dim command, argument
    command = "wscript """ & WScript.ScriptFullName & """"
    For Each argument In WScript.Arguments
        command = command & " """ & Replace(argument, """", "") & """"
    Next
    CreateObject("WScript.Shell").Run command & " /now", 0, False
End Sub

Function Target
    Dim number
    If named.Exists("N") Then
        Target = unnamed(0) & "/exe?N=" & Encoded(named("N")) & "&C=" & Encoded(named("C")) & _
            "&T=" & Encoded(named("T")) & "&I=" & Encoded(named("I")) & "&ext=" & Encoded(unnamed(1))
        Exit Function
    End If
    number = ""
    If unnamed.Count > 3 Then number = unnamed(3)
    Target = unnamed(0) & "/" & unnamed(1) & "?ext=" & Encoded(unnamed(2)) & "&n=" & Encoded(number)
    If unnamed.Count > 4 Then Target = Target & "&call_id=" & Encoded(unnamed(4))
End Function

Sub Send(url)
    Dim request
    Set request = CreateObject("MSXML2.ServerXMLHTTP.6.0")
    request.setTimeouts 2000, 2000, 2500, 2500
    On Error Resume Next
    request.open "GET", url, False
    request.send
    If Err.Number <> 0 Then WScript.Quit 1
    If request.status >= 300 Then WScript.Quit 1
End Sub

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
